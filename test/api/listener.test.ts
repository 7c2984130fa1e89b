import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fork } from "node:child_process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isLoopback, parseAddress } from "../../src/api/grpc/address.ts";
import { listen } from "../../src/api/grpc/listener.ts";
import { guestOf } from "../../src/api/grpc/guests.ts";
import type { Guest } from "../../src/api/grpc/guests.ts";
import type { Listener, ListenerOptions } from "../../src/api/grpc/listener.ts";
import { systemClock } from "./support/house.ts";
import { until } from "./support/probe.ts";

let directory: string;
const opened: Listener[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "verbatim-listener-"));
});

afterEach(async () => {
  for (const listener of opened.splice(0)) await listener.close();
  await rm(directory, { recursive: true, force: true });
});

function hear(socket: Socket): void {
  socket.resume();
}

async function open(address: string, options: Partial<ListenerOptions> = {}): Promise<Listener> {
  const listener = await listen({ address: parseAddress(address), clock: systemClock, accept: hear, ...options });
  opened.push(listener);
  return listener;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(true) as undefined).once("connect", () => socket.destroy());
    socket.once("error", () => resolve(false));
  });
}

test("a unix socket is open to its owner alone, whatever the umask", async () => {
  const before = process.umask(0);
  try {
    await open(`unix:${join(directory, "socket")}`);
  } finally {
    process.umask(before);
  }
  const { mode } = await stat(join(directory, "socket"));
  expect((mode & 0o777).toString(8)).toBe("600");
  await expect(answers(join(directory, "socket"))).resolves.toBe(true);
});

test("a missing parent directory is made for the owner alone", async () => {
  await open(`unix:${join(directory, "new", "socket")}`);
  const { mode } = await stat(join(directory, "new"));
  expect((mode & 0o777).toString(8)).toBe("700");
});

test("nothing but the socket is left in its directory", async () => {
  const listener = await open(`unix:${join(directory, "socket")}`);
  await expect(readdir(directory)).resolves.toEqual(["socket"]);
  await listener.close();
  await expect(readdir(directory)).resolves.toEqual([]);
});

test("a socket on which a server answers is left alone and the second server is refused", async () => {
  await open(`unix:${join(directory, "socket")}`);
  await expect(open(`unix:${join(directory, "socket")}`)).rejects.toMatchObject({ code: "STATE_LOCKED" });
  await expect(answers(join(directory, "socket"))).resolves.toBe(true);
});

test("the socket of a server that was killed is replaced", async () => {
  const path = join(directory, "socket");
  const script = join(directory, "listen.cjs");
  await writeFile(
    script,
    `require("net").createServer().listen(${JSON.stringify(path)}, () => process.send("listening"));`,
  );
  const child = fork(script);
  await new Promise((resolve) => child.once("message", resolve));
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  await expect(stat(path)).resolves.toMatchObject({ size: 0 });
  await open(`unix:${path}`);
  await expect(answers(path)).resolves.toBe(true);
});

test("a file that is no socket is not removed", async () => {
  const path = join(directory, "precious");
  await writeFile(path, "data");
  await expect(open(`unix:${path}`)).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
  await expect(stat(path)).resolves.toMatchObject({ size: 4 });
});

test("a parent that is a file is a refusal that names the reason", async () => {
  await writeFile(join(directory, "file"), "data");
  await expect(open(`unix:${join(directory, "file", "socket")}`)).rejects.toMatchObject({
    code: "INVALID_CONFIGURATION",
  });
});

test("a parent where the system lets nothing be made is a refusal at once, and so is one without a parent of its own", async () => {
  for (const parent of ["/proc/nothing", join(directory, "no", "parent")]) {
    await expect(open(`unix:${parent}/socket`)).rejects.toMatchObject({
      code: "INVALID_CONFIGURATION",
      message: expect.stringContaining(`mkdir '${parent}'`),
    });
  }
});

test.each(["127.0.0.1:0", "127.9.8.7:0", "localhost:0", "[::1]:0"])(
  "the loopback address %s is listened on",
  async (address) => {
    const listener = await open(address);
    const port = Number(listener.address.slice(listener.address.lastIndexOf(":") + 1));
    expect(port).toBeGreaterThan(0);
  },
);

test.each(["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "example.org:0", "127.0.0.1.example.org:0", "[::ffff:10.0.0.1]:0"])(
  "the address %s is refused because others could reach it",
  async (address) => {
    await expect(open(address)).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
  },
);

test.each([
  "",
  "nonsense",
  "unix:",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:65536",
  "127.0.0.1:-1",
  `unix:/${"x".repeat(96)}`,
])("the address %j is not understood and the answer says what is", (address) => {
  expect(() => parseAddress(address)).toThrow(expect.objectContaining({ code: "INVALID_CONFIGURATION" }));
});

test.each(["127.0.0.1.example.org", "127.0.0.1x", "0.0.0.0", "::", "::ffff:127.0.0.1", "", "LOCALHOST.example.org"])(
  "the host %j does not pass for this machine",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

test("a port that is taken is a clear refusal", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const taken = other.address() as { port: number };
  await expect(open(`127.0.0.1:${taken.port}`)).rejects.toMatchObject({
    code: "INVALID_CONFIGURATION",
    message: expect.stringContaining("EADDRINUSE"),
  });
  await new Promise((resolve) => other.close(resolve));
});

/** Opens connections one after the other, at a listener that takes two at a time. */
async function openedInOrder(count: number, accepted: (guest: Guest, place: number) => void): Promise<Socket[]> {
  let taken = 0;
  const accept = (socket: Socket): void => {
    const guest = guestOf({ socket });
    if (guest !== undefined) accepted(guest, taken);
    taken += 1;
    socket.resume();
  };
  await open(`unix:${join(directory, "socket")}`, { connections: 2, accept });
  const sockets: Socket[] = [];
  for (let place = 0; place < count; place += 1) {
    const socket = connect({ path: join(directory, "socket") }).resume();
    sockets.push(socket);
    await until(() => taken > place || socket.destroyed, "it is taken or closed");
  }
  return sockets;
}

test("for one connection more than the bound the oldest is closed on which no call was let in", async () => {
  const [proven, stranger, newest] = await openedInOrder(3, (guest, place) => place === 0 && guest.prove());
  await until(() => stranger?.destroyed === true, "the stranger's is closed");
  expect([proven?.destroyed, newest?.destroyed]).toEqual([false, false]);
  for (const socket of [proven, newest]) socket?.destroy();
});

test("one connection more than the bound is closed itself where calls were let in on all the others", async () => {
  const [first, second, newest] = await openedInOrder(3, (guest) => guest.prove());
  await until(() => newest?.destroyed === true, "the newest is closed");
  expect([first?.destroyed, second?.destroyed]).toEqual([false, false]);
  for (const socket of [first, second]) socket?.destroy();
});
