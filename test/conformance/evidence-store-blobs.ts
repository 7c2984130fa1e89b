import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../evidence/support/reference-format.ts";
import { openStore } from "./evidence-store-subject.ts";
import type { PayloadAccess, StoreSubject } from "./evidence-store-subject.ts";

const FILES: PayloadAccess = {
  count: async (directory) => blobFiles(directory).length,
  change: async (directory, text) => {
    for (const file of blobFiles(directory)) writeFileSync(file, text);
  },
  remove: async (directory) => {
    for (const file of blobFiles(directory)) rmSync(file);
  },
};

/** Payloads beside the log. */
export function blobLaws(subject: StoreSubject): void {
  const payloads = subject.payloads ?? FILES;

  test("any bytes are kept under their own digest and come back unchanged", async () => {
    await using opened = openStore(subject);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (bytes) => {
        const name = await opened.store.putBlob(bytes);
        expect(name).toBe(sha256(bytes));
        expect(Buffer.from((await opened.store.getBlob(name)) ?? []).equals(bytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test("the empty payload is a payload like any other", async () => {
    await using opened = openStore(subject);
    const name = await opened.store.putBlob(new Uint8Array());
    expect(await opened.store.getBlob(name)).toHaveLength(0);
  });

  test("the same payload put twice, also at once, has one name and is kept once", async () => {
    await using opened = openStore(subject);
    const bytes = Buffer.from("a payload");
    const names = await Promise.all([opened.store.putBlob(bytes), opened.store.putBlob(Buffer.from(bytes))]);
    expect(await opened.store.putBlob(bytes)).toBe(names[0]);
    expect(new Set(names).size).toBe(1);
    if (subject.outlivesProcess) expect(await payloads.count(opened.directory)).toBe(1);
  });

  test.each(["A".repeat(43), "", "../../../../etc/hostname", "a", `${"A".repeat(42)}/`])(
    "the payload %j is not there, which is no fault",
    async (name) => {
      await using opened = openStore(subject);
      await opened.store.putBlob(Buffer.from("another"));
      expect(await opened.store.getBlob(name)).toBeUndefined();
    },
  );

  test("what the owner of the bytes does to them afterwards does not change the payload", async () => {
    await using opened = openStore(subject);
    const bytes = Buffer.from("a payload");
    const name = await opened.store.putBlob(bytes);
    bytes.fill(0);
    const read = await opened.store.getBlob(name);
    expect(Buffer.from(read ?? []).toString()).toBe("a payload");
    read?.fill(0);
    expect(Buffer.from((await opened.store.getBlob(name)) ?? []).toString()).toBe("a payload");
  });

  if (!subject.outlivesProcess) return;

  test.each([
    ["changed", "A payload"],
    ["cut", "a paylo"],
    ["emptied", ""],
  ])("a payload that was %s on disk is broken evidence", async (_case, text) => {
    await using opened = openStore(subject);
    const name = await opened.store.putBlob(Buffer.from("a payload"));
    await payloads.change(opened.directory, text);
    await expect(opened.store.getBlob(name)).rejects.toMatchObject({
      code: "EVIDENCE_BROKEN",
      message: `The payload ${name} does not have the digest that it is kept under.`,
    });
  });

  test("a payload that somebody has taken away is not there", async () => {
    await using opened = openStore(subject);
    const name = await opened.store.putBlob(Buffer.from("a payload"));
    await payloads.remove(opened.directory);
    expect(await opened.store.getBlob(name)).toBeUndefined();
  });

  if (subject.payloads !== undefined) return;

  test("payloads are files of their owner alone, named by their digest", async () => {
    await using opened = openStore(subject);
    const name = await opened.store.putBlob(Buffer.from("a payload"));
    const [file = ""] = blobFiles(opened.directory);
    expect(file).toBe(join(opened.directory, "blobs", name.slice(0, 2), name));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(file, "..")).mode & 0o777).toBe(0o700);
    expect(statSync(join(opened.directory, "blobs")).mode & 0o777).toBe(0o700);
  });
}

function blobFiles(directory: string): readonly string[] {
  return readdirSync(join(directory, "blobs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
