import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectClient, createToken, readToken } from "#api";
import { tokenAuthenticator } from "../../src/api/grpc/token.ts";
import { request, startHouse } from "./support/house.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "verbatim-token-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test("a token is made once, for its owner alone, and read again", async () => {
  const before = process.umask(0);
  const token = await createToken(directory).finally(() => process.umask(before));
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(((await stat(join(directory, "token"))).mode & 0o777).toString(8)).toBe("600");
  await expect(createToken(directory)).resolves.toBe(token);
  await expect(readToken(directory)).resolves.toBe(token);
  await expect(readdir(directory)).resolves.toEqual(["token"]);
});

test("makers who race agree on one token", async () => {
  const tokens = await Promise.all(Array.from({ length: 20 }, () => createToken(directory)));
  expect(new Set(tokens).size).toBe(1);
  await expect(readdir(directory)).resolves.toEqual(["token"]);
});

test("two directories have two tokens", async () => {
  const other = await mkdtemp(join(tmpdir(), "verbatim-token-"));
  expect(await createToken(other)).not.toBe(await createToken(directory));
  await rm(other, { recursive: true });
});

test("a token that others may read is refused and not used", async () => {
  await createToken(directory);
  await chmod(join(directory, "token"), 0o640);
  const problem = { code: "INVALID_CONFIGURATION", message: expect.stringContaining("mode 0640") };
  await expect(readToken(directory)).rejects.toMatchObject(problem);
  await expect(createToken(directory)).rejects.toMatchObject(problem);
});

test.each(["", "short", "spaces in the middle of what should be a token", "x".repeat(257)])(
  "a file that holds %j is no token",
  async (content) => {
    await writeFile(join(directory, "token"), content, { mode: 0o600 });
    await expect(readToken(directory)).rejects.toMatchObject({ code: "INVALID_CONFIGURATION" });
  },
);

test("a missing token is told as a missing right", async () => {
  await expect(readToken(directory)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

const TOKEN = "t".repeat(43);

test.each([
  undefined,
  "",
  TOKEN,
  `bearer ${TOKEN}`,
  `Bearer ${TOKEN} `,
  `Bearer  ${TOKEN}`,
  `Bearer ${TOKEN.slice(1)}`,
  `Bearer ${TOKEN}x`,
  `Bearer ${TOKEN.toUpperCase()}`,
  `Basic ${TOKEN}`,
])("the header %j does not pass for the token", (header) => {
  expect(() => tokenAuthenticator(TOKEN)(header)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
});

test("the header with the token passes", () => {
  expect(tokenAuthenticator(TOKEN)(`Bearer ${TOKEN}`)).toEqual({ name: "token" });
});

test("over TCP a job runs with the token, and without it or with another nothing is done", async () => {
  await using house = await startHouse({ address: "127.0.0.1:0", token: TOKEN });
  for (const token of [undefined, "u".repeat(43)]) {
    using stranger = connectClient({ address: house.server.address, ...(token !== undefined && { token }) });
    const call = stranger.executor.executeJob(request("job-1", ["test.echo"]));
    await expect(call).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(stranger.health.check({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  }
  await expect(house.client.executor.getJob({ jobId: "job-1" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  const { result } = await house.client.executor.executeJob(request("job-1", ["test.echo"]));
  expect(result?.stepsSucceeded).toBe(1);
});

test("a loopback port without a token is refused at the start unless it is said aloud", async () => {
  const refused = startHouse({ address: "127.0.0.1:0" });
  await expect(refused).rejects.toMatchObject({ code: "INVALID_CONFIGURATION", violations: [{ field: "token" }] });
  await using open = await startHouse({ address: "127.0.0.1:0", noToken: true });
  const { result } = await open.client.executor.executeJob(request("job-1", ["test.echo"]));
  expect(result?.stepsSucceeded).toBe(1);
});
