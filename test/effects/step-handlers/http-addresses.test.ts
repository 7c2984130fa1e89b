import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createCheckHttpOk, createHttpStep, createSecretVault, createWebhookPost } from "#effects";
import type { FoundAddress, HttpOptions, LookupAddresses, StepOutput, StepType } from "#effects";
import { isSubnet, specialKind } from "../../../src/effects/step-handlers/http/address-kind.ts";
import { realClock } from "../support/clock.ts";
import { serveHttp } from "../support/http-servers.ts";
import { performStep } from "../support/perform-step.ts";
import { layTrap } from "../support/traps.ts";
import type { Trap } from "../support/traps.ts";

const secrets = createSecretVault({
  sources: { hook: { environment: "HOOK" } },
  environment: { HOOK: "a-secret-text" },
});

/** Listens at every address of this machine, of both families. */
let trap: Trap;
let before: number;
beforeAll(async () => {
  trap = await layTrap();
});
beforeEach(() => {
  before = trap.reached;
});
afterAll(async () => await trap[Symbol.asyncDispose]());

const reached = (): number => trap.reached - before;
const found = (...addresses: readonly string[]): FoundAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
const always =
  (...addresses: readonly string[]): LookupAddresses =>
  () =>
    Promise.resolve(found(...addresses));

function getter(options: Partial<HttpOptions>): StepType {
  return createHttpStep("http.get", { hosts: [], clock: realClock, secrets, timeoutSeconds: 5, ...options });
}
const get = (url: string, options: Partial<HttpOptions>, more: object = {}): Promise<StepOutput> =>
  performStep(getter(options), { url, ...more });

/** Connects to the trap as anybody can, until it has answered. */
const touch = (): Promise<void> =>
  new Promise((resolve) =>
    connect(trap.port, "127.0.0.1")
      .on("close", () => resolve())
      .resume(),
  );

const refused = { success: false, errorClass: "sandbox_violation" };

/** Ways to write this machine, and what looks like a listed host and is not. */
const SPELLINGS = [
  "http://127.0.0.1:PORT/",
  "http://127.1:PORT/",
  "http://127.0.1:PORT/",
  "http://2130706433:PORT/",
  "http://0x7f000001:PORT/",
  "http://0X7F000001:PORT/",
  "http://0x7f.0.0.1:PORT/",
  "http://0x7f.1:PORT/",
  "http://0177.0.0.1:PORT/",
  "http://017700000001:PORT/",
  "http://0177.0x0.0.1:PORT/",
  "http://00000127.0.0.1:PORT/",
  "http://127.0.0.1.:PORT/",
  "http://127。0。0。1:PORT/",
  "http://127.0.0.1:PORT/",
  "http://127｡0｡0｡1:PORT/",
  "http://１２７.0.0.1:PORT/",
  "http://①②⑦.⓪.⓪.①:PORT/",
  "http://%31%32%37.0.0.1:PORT/",
  "http://127.0.0.1%2e:PORT/",
  "http://127.\t0.0.1:PORT/",
  "http://127.0.0.\n1:PORT/",
  "http://127.0.0.2:PORT/",
  "http://127.255.255.254:PORT/",
  "http://0:PORT/",
  "http://0.0.0.0:PORT/",
  "http://0x0:PORT/",
  "http://localhost:PORT/",
  "http://LOCALHOST:PORT/",
  "http://localhost.:PORT/",
  "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/",
  "http://loc\u00adalhost:PORT/",
  "http://ip6-localhost:PORT/",
  "http://[::1]:PORT/",
  "http://[0:0:0:0:0:0:0:1]:PORT/",
  "http://[0000::0001]:PORT/",
  "http://[::]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://[::ffff:7f00:1]:PORT/",
  "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
  "http://[::127.0.0.1]:PORT/",
  "http://[64:ff9b::127.0.0.1]:PORT/",
  "http://[2002:7f00:1::]:PORT/",
  "http://[::1%25lo]:PORT/",
  "http://user@127.0.0.1:PORT/",
  "http://public.example@127.0.0.1:PORT/",
  "http://public.example:PORT@127.0.0.1:PORT/",
  "http://127.0.0.1:PORT#@public.example:PORT/",
  "http://127.0.0.1:PORT?@public.example:PORT/",
  "http://127.0.0.1:PORT\\@public.example:PORT/",
  "http://public.example:PORT\t@127.0.0.1:PORT/",
  "http:127.0.0.1:PORT/",
  "http:/127.0.0.1:PORT/",
  "http:\\\\127.0.0.1:PORT/",
  "http:///127.0.0.1:PORT/",
  " http://127.0.0.1:PORT/",
  "\u0000http://127.0.0.1:PORT/",
  "//127.0.0.1:PORT/",
  "HTTP://127.0.0.1:PORT/",
  "https://127.0.0.1:PORT/",
  "ftp://127.0.0.1:PORT/",
  "gopher://127.0.0.1:PORT/",
  "ws://127.0.0.1:PORT/",
  "file:///etc/passwd",
  "file://127.0.0.1:PORT/",
  "data:text/plain,all",
  "javascript:1",
  "unix:/run/a.sock",
  "http://public.example.:PORT/",
  "http://public.example:PORT.127.0.0.1/",
  "http://a.public.example:PORT/",
  "http://public.example/",
] as const;

/** Addresses that a listed name may suddenly have. */
const INSIDE = [
  "127.0.0.1",
  "127.0.0.2",
  "127.255.255.255",
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.100.100.200",
  "100.127.255.255",
  "168.63.129.16",
  "169.254.169.254",
  "169.254.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "192.168.255.255",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "0:0:0:0:0:0:0:1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "0:0:0:0:0:FFFF:7F00:0001",
  "::ffff:10.0.0.1",
  "::ffff:169.254.169.254",
  "::127.0.0.1",
  "::ffff:0:127.0.0.1",
  "64:ff9b::127.0.0.1",
  "64:ff9b::a00:1",
  "64:ff9b::",
  "64:ff9b:1::808:808",
  "100::1",
  "2001::1",
  "2001:2::1",
  "2001:db8::1",
  "2002:7f00:1::1",
  "3fff::1",
  "5f00::1",
  "4000::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%lo",
  "::1%lo",
  "fec0::1",
  "ff02::1",
  "no address",
  "",
] as const;

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "126.255.255.255",
  "128.0.0.1",
  "169.253.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.0.1.0",
  "192.167.255.255",
  "198.17.255.255",
  "198.20.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2001:4860:4860::8888",
  "::ffff:8.8.8.8",
  "64:ff9b::8.8.8.8",
];

describe("an address that a step may not reach", () => {
  it("would be reached by a program that did not look", async () => {
    await touch();
    expect(reached()).toBe(1);
    const url = `http://public.example:${trap.port}/`;
    const options = { hosts: [`public.example:${trap.port}`], lookup: always("127.0.0.1") };
    expect(await get(url, { ...options, privateAddresses: ["127.0.0.0/8"] })).toMatchObject({ success: true });
    expect(reached()).toBe(2);
  });

  it.each(SPELLINGS)("is not reached as %j while another host is listed", async (spelling) => {
    const url = spelling.replaceAll("PORT", String(trap.port));
    const options = { hosts: [`public.example:${trap.port}`], lookup: always("127.0.0.1") };
    expect(getter(options).checkParameters({ url })).not.toEqual([]);
    const said = await get(url, options);
    expect(said.success).toBe(false);
    expect(said.errorClass).toMatch(/^(sandbox_violation|validation_failed)$/);
    expect(reached()).toBe(0);
  });

  it.each(INSIDE)("is not reached when a listed name has the address %j", async (address) => {
    const url = `http://public.example:${trap.port}/`;
    const hosts = [`public.example:${trap.port}`];
    expect(await get(url, { hosts, lookup: always(address) })).toMatchObject(refused);
    // nor behind, or before, one that is public
    for (const both of [always("192.0.9.1", address), always(address, "192.0.9.1")]) {
      expect(await get(url, { hosts, lookup: both })).toMatchObject(refused);
    }
    expect(reached()).toBe(0);
    expect(specialKind(address)).toBeDefined();
  });

  it.each(PUBLIC)("is told from the public address %s", (address) => {
    expect(specialKind(address)).toBeUndefined();
  });

  it("is not reached when the name turns to it between two look-ups", async () => {
    await using inside = await layTrap({ address: "127.0.0.1" });
    await using fine = await layTrap({ address: "127.0.0.2", port: inside.port });
    let lookups = 0;
    const lookup: LookupAddresses = () => Promise.resolve(found((lookups += 1) === 1 ? "127.0.0.2" : "127.0.0.1"));
    const options = {
      hosts: [`turning.example:${inside.port}`],
      lookup,
      privateAddresses: ["127.0.0.2/32"],
    };
    const url = `http://turning.example:${inside.port}/`;
    expect(await get(url, options)).toMatchObject({ success: true });
    expect([lookups, fine.reached, inside.reached]).toEqual([1, 1, 0]);
    expect(await get(url, options)).toMatchObject(refused);
    expect([lookups, fine.reached, inside.reached]).toEqual([2, 1, 0]);
  });

  it("is not connected to by a look-up that ends after the deadline", async () => {
    const late = Promise.withResolvers<readonly FoundAddress[]>();
    const lookup: LookupAddresses = () => late.promise;
    const type = createHttpStep("http.get", {
      hosts: [`slow.example:${trap.port}`],
      privateAddresses: ["127.0.0.0/8"],
      clock: realClock,
      secrets,
      lookup,
      timeoutSeconds: 0.1,
    });
    const said = await performStep(type, { url: `http://slow.example:${trap.port}/` });
    expect(said).toMatchObject({ success: false, errorClass: "timeout" });
    late.resolve(found("127.0.0.1"));
    await touch();
    expect(reached()).toBe(1); // the one that this test made
  });

  it("is permitted by its own entry in the list, for itself alone", async () => {
    const { port } = trap;
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `other.example:${port}`];
    expect(await get(`http://127.0.0.1:${port}/`, { hosts })).toMatchObject({ success: true });
    expect(await get(`http://2130706433:${port}/`, { hosts })).toMatchObject({ success: true });
    expect(await get(`http://localhost:${port}/`, { hosts })).toMatchObject({ success: true });
    expect(reached()).toBe(3);
    expect(await get(`http://other.example:${port}/`, { hosts, lookup: always("127.0.0.1") })).toMatchObject(refused);
    expect(await get(`http://localhost:${port}/`, { hosts, lookup: always("10.0.0.1") })).toMatchObject(refused);
    expect(reached()).toBe(3);
  });

  it("is not permitted by a range of the other family, nor by a neighbour", async () => {
    const url = `http://public.example:${trap.port}/`;
    const hosts = [`public.example:${trap.port}`];
    for (const privateAddresses of [["::/0"], ["127.0.0.2/32"], ["10.0.0.0/8", "fd00::/8"], ["::1/128"]]) {
      expect(await get(url, { hosts, lookup: always("127.0.0.1"), privateAddresses })).toMatchObject(refused);
    }
    expect(reached()).toBe(0);
    const mapped = { hosts, lookup: always("::ffff:127.0.0.1"), privateAddresses: ["127.0.0.0/8"] };
    expect((await get(url, mapped)).errorClass).not.toBe("sandbox_violation"); // it is that IPv4 address
  });

  it("is not reached by webhook.post and check.http_ok either", async () => {
    const options = { hosts: [`public.example:${trap.port}`], clock: realClock, lookup: always("127.0.0.1") };
    const url = `http://public.example:${trap.port}/`;
    const webhook = createWebhookPost({ ...options, secrets, signingSecret: "hook" });
    expect(await performStep(webhook, { url, body: 1 })).toMatchObject(refused);
    expect(await performStep(createCheckHttpOk(options), { url })).toMatchObject(refused);
    expect(reached()).toBe(0);
  });

  it.each(SPELLINGS)("is not reached by a redirect to %j", async (spelling) => {
    const location = spelling
      .replaceAll("PORT", String(trap.port))
      .replaceAll(/[\0\n]/g, "")
      .trim();
    await using server = await serveHttp((_request, response) => {
      response.writeHead(302, { location: Buffer.from(location).toString("latin1") }).end();
    });
    const hosts = [server.host, `public.example:${trap.port}`];
    const said = await get(`http://${server.host}/`, { hosts, lookup: always("127.0.0.1") }, { max_redirects: 3 });
    expect(said.success).toBe(false);
    expect(said.errorClass).toMatch(/^(sandbox_violation|permanent)$/);
    expect(reached()).toBe(0);
  });

  it("is not reached by a redirect to a listed name that has it", async () => {
    await using server = await serveHttp((_request, response) => {
      response.writeHead(307, { location: `http://inside.example:${trap.port}/` }).end();
    });
    const hosts = [server.host, `inside.example:${trap.port}`];
    for (const address of ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"]) {
      const said = await get(`http://${server.host}/`, { hosts, lookup: always(address) }, { max_redirects: 3 });
      expect(said).toMatchObject(refused);
    }
    expect(server.seen).toHaveLength(4);
    expect(reached()).toBe(0);
  });
});

describe("a range of addresses", () => {
  it.each(["10.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "fd00::/8", "::1/128"])("may be written %s", (text) => {
    expect(isSubnet(text)).toBe(true);
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "::/129", "fe80::1%lo/64", "10.0.0.0/8/8", "10.0.0.0/", "a/8", "/8"])(
    "may not be written %s",
    (text) => {
      expect(isSubnet(text)).toBe(false);
      expect(() => getter({ privateAddresses: [text] })).toThrow(/private_addresses\[0\]/);
    },
  );
});
