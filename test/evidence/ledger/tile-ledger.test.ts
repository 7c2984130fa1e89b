import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault } from "#model";
import type { LedgerLeaf } from "../../../src/evidence/ledger/leaf.ts";
import { leafText } from "../../../src/evidence/ledger/leaf.ts";
import { readCheckpoint } from "../../../src/evidence/ledger/ledger-checkpoint.ts";
import { openLedger } from "../../../src/evidence/ledger/ledgers/open-ledger.ts";
import type { RunLedger } from "../../../src/evidence/ledger/run-ledger.ts";
import type { Signer } from "../../../src/evidence/signing/signer.ts";
import { naiveRoot } from "../support/naive-tree.ts";
import { created, leavesOfRuns, resealed, sealed } from "./support/leaves.ts";
import { MemoryDisk } from "./support/memory-disk.ts";
import { seededSigner } from "./support/signers.ts";

const DIRECTORY = "/state/ledger";

interface Told {
  readonly halts: string[];
  readonly unsigned: unknown[];
}

async function open(disk: MemoryDisk, signer: Signer = seededSigner(), told: Told = { halts: [], unsigned: [] }) {
  return await openLedger(DIRECTORY, {
    signer,
    disk,
    onHalt: (why) => told.halts.push(why),
    onUnsigned: (error) => told.unsigned.push(error),
  });
}

async function freshDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeDirectory("/state");
  const root = await disk.openDirectory("/");
  await root.sync();
  disk.calls = 0;
  return disk;
}

function take(ledger: RunLedger, leaf: LedgerLeaf): void {
  if (leaf.kind === "run.created") ledger.created(leaf);
  else ledger.sealed(leaf);
}

function rootOf(leaves: readonly LedgerLeaf[]): Buffer {
  return naiveRoot(leaves.map(leafText));
}

function head(ledger: RunLedger): { size: number; root: Buffer } {
  const { size, root } = readCheckpoint(ledger.checkpoint)!;
  return { size, root };
}

test("a new ledger has a signed checkpoint of nothing", async () => {
  const ledger = await open(await freshDisk());
  expect(head(ledger)).toEqual({ size: 0, root: naiveRoot([]) });
  expect(ledger.checkpoint.split("\n")[0]).toBe(`verbatim/${seededSigner().keyId}`);
});

test("leaves that come in together become one commit with one checkpoint", async () => {
  let signatures = 0;
  const signer = seededSigner();
  const counting: Signer = {
    ...signer,
    sign: (bytes) => {
      signatures += 1;
      return signer.sign(bytes);
    },
  };
  const ledger = await open(await freshDisk(), counting);
  const leaves = leavesOfRuns(100);
  for (const leaf of leaves) take(ledger, leaf);
  await ledger.settled();
  expect(head(ledger)).toEqual({ size: 200, root: rootOf(leaves) });
  expect(signatures).toBe(2);
});

test("a run that is told twice is written once", async () => {
  const ledger = await open(await freshDisk());
  for (const leaf of [created("a"), created("a"), sealed("a"), sealed("a"), created("b"), sealed("never-created")])
    take(ledger, leaf);
  await ledger.settled();
  expect(head(ledger)).toEqual({ size: 3, root: rootOf([created("a"), sealed("a"), created("b")]) });
  expect([...ledger.unsealedRuns]).toEqual(["b"]);
  expect(ledger.newestRun).toBe("b");
});

test("a run whose log has gone on is sealed once more each time, and each seal is written once, over restarts and without a mark", async () => {
  const [first, second] = [resealed("a", { size: 20, continues: 10 }), resealed("a", { size: 30, continues: 20 })];
  const all = [created("a"), sealed("a"), first, second];
  const disk = await freshDisk();
  const ledger = await open(disk);
  for (const leaf of [created("a"), sealed("a"), first, sealed("a"), first]) take(ledger, leaf);
  await ledger.settled();
  const crashed = await open(disk.afterPowerCut());
  for (const leaf of [first, second, second, sealed("a")]) take(crashed, leaf);
  await crashed.settled();
  expect(head(crashed)).toEqual({ size: 4, root: rootOf(all) });
  expect([...crashed.unsealedRuns]).toEqual([]);
  await ledger.close();
  const again = await open(disk); // here the mark tells of the first two seals
  for (const leaf of [first, second]) take(again, leaf);
  await again.settled();
  expect(head(again)).toEqual({ size: 4, root: rootOf(all) });
});

test("a run that was opened again before it was sealed has the seal of its last end alone", async () => {
  const ledger = await open(await freshDisk());
  const leaf = resealed("a", { size: 20, continues: 10 });
  for (const said of [created("a"), leaf, sealed("a")]) take(ledger, said);
  await ledger.settled();
  expect(head(ledger)).toEqual({ size: 2, root: rootOf([created("a"), leaf]) });
  expect([...ledger.unsealedRuns]).toEqual([]);
});

test("partial tiles go when the full one is there and signed for", async () => {
  const disk = await freshDisk();
  const ledger = await open(disk);
  for (const leaf of leavesOfRuns(127)) take(ledger, leaf);
  await ledger.settled();
  expect(await disk.list(`${DIRECTORY}/tile/0/000.p`)).toEqual(["254"]);
  ledger.created(created("x"));
  await ledger.settled();
  expect(await disk.list(`${DIRECTORY}/tile/entries/000.p`)).toEqual(["254", "255"]);
  ledger.sealed(sealed("x"));
  ledger.created(created("y"));
  await ledger.settled();
  expect(await disk.list(`${DIRECTORY}/tile/0/000.p`)).toEqual([]);
  expect(await disk.list(`${DIRECTORY}/tile/entries/000.p`)).toEqual([]);
  expect((await disk.read(`${DIRECTORY}/tile/0/000`))?.length).toBe(8192);
  expect(await disk.list(`${DIRECTORY}/tile/1/000.p`)).toEqual(["1"]);
});

test("a ledger that is opened again at random moments is the tree of all its leaves", async () => {
  const plan = fc.array(fc.tuple(fc.integer({ min: 1, max: 150 }), fc.constantFrom("go on", "close", "crash")), {
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(plan, async (parts) => {
      let disk = await freshDisk();
      let ledger = await open(disk);
      const all: LedgerLeaf[] = [];
      for (const [count, then] of parts) {
        const leaves = leavesOfRuns(1000).slice(all.length, all.length + count);
        for (const leaf of leaves) take(ledger, leaf);
        all.push(...leaves);
        await ledger.settled();
        expect(head(ledger)).toEqual({ size: all.length, root: rootOf(all) });
        if (then === "go on") continue;
        if (then === "close") await ledger.close();
        disk = then === "close" ? disk : disk.afterPowerCut();
        ledger = await open(disk);
        expect(head(ledger)).toEqual({ size: all.length, root: rootOf(all) });
      }
    }),
    { numRuns: 25 },
  );
});

const DYING = [...leavesOfRuns(127), created("x"), sealed("x"), created("y"), created("z")];
const ROOTS = new Map([253, 254, 255, 256, 257, 258, 0].map((size) => [size, rootOf(DYING.slice(0, size))]));

/** Lets a ledger of some leaves meet a disk that fails from a call on, and looks at what the next start makes of it. */
async function dieAt(call: number, after: "afterCrash" | "afterPowerCut"): Promise<boolean> {
  const begun = await freshDisk();
  const before = DYING.slice(0, 254);
  const first = await open(begun);
  for (const leaf of before) take(first, leaf);
  await first.settled();
  const disk = begun.afterCrash();
  disk.failsFrom = call;
  const signed: string[] = [first.checkpoint];
  const signer = seededSigner();
  const noting: Signer = {
    ...signer,
    sign: (bytes) => {
      signed.push(Buffer.from(bytes).toString());
      return signer.sign(bytes);
    },
  };
  const told: Told = { halts: [], unsigned: [] };
  const more = DYING.slice(254);
  const all = DYING;
  let durable = 254;
  try {
    const ledger = await open(disk, noting, told);
    ledger.created(created("x"));
    await ledger.settled();
    durable = 255;
    for (const leaf of more.slice(1)) take(ledger, leaf);
    await ledger.settled();
    durable = all.length;
    expect(told.halts).toEqual([]);
    await ledger.close();
  } catch (error) {
    if (error instanceof Fault) expect(error.code).toBe("STORE_HALTED");
    else expect(String(error)).toMatch(/call \d+ failed/);
  }
  const again = await open(disk[after](), noting);
  const found = head(again);
  expect(found.size).toBeGreaterThanOrEqual(durable);
  expect(found.root).toEqual(ROOTS.get(found.size));
  for (const text of signed) {
    const [, size = "", root = ""] = text.split("\n");
    expect(root).toBe(ROOTS.get(Number(size))?.toString("base64"));
    expect(Number(size)).toBeLessThanOrEqual(found.size);
  }
  for (const leaf of all.slice(found.size)) take(again, leaf);
  await again.settled();
  expect(head(again)).toEqual({ size: all.length, root: ROOTS.get(all.length) });
  return disk.calls < call;
}

test.each(["afterCrash", "afterPowerCut"] as const)(
  "whichever call fails, the start %s opens the ledger, and nothing that was signed is contradicted",
  async (after) => {
    let call = 1;
    while (!(await dieAt(call, after))) call += 1;
    expect(call).toBeGreaterThan(40);
  },
);

test("the first failed write halts the ledger, says so once, and takes nothing more", async () => {
  const disk = await freshDisk();
  const told: Told = { halts: [], unsigned: [] };
  const ledger = await open(disk, seededSigner(), told);
  disk.failsFrom = disk.calls + 1;
  ledger.created(created("a"));
  await expect(ledger.settled()).rejects.toMatchObject({ code: "STORE_HALTED" });
  disk.failsFrom = Infinity;
  expect(() => ledger.created(created("b"))).toThrow(/took no more leaves after a failed write/);
  await expect(ledger.settled()).rejects.toMatchObject({ code: "STORE_HALTED" });
  expect(told.halts).toHaveLength(1);
  expect(ledger.halted).toMatch(/failed/);
  await ledger.close();
});

test("a signer that does not answer leaves leaves unsigned until the next one, and halts nothing", async () => {
  const signer = seededSigner();
  let answers = true;
  const moody: Signer = {
    ...signer,
    sign: (bytes) => (answers ? signer.sign(bytes) : Promise.reject(new Fault("STORE_HALTED", "no answer"))),
  };
  const told: Told = { halts: [], unsigned: [] };
  const ledger = await open(await freshDisk(), moody, told);
  answers = false;
  ledger.created(created("a"));
  await expect(ledger.settled()).rejects.toThrow("no answer");
  expect(head(ledger).size).toBe(0);
  expect(ledger.halted).toBeUndefined();
  answers = true;
  ledger.created(created("b"));
  await ledger.settled();
  expect(head(ledger)).toEqual({ size: 2, root: rootOf([created("a"), created("b")]) });
  expect(told.halts).toEqual([]);
  expect(told.unsigned.length).toBeGreaterThanOrEqual(1);
});

test("a ledger is not opened with another key or under another origin", async () => {
  const disk = await freshDisk();
  await (await open(disk)).close();
  await expect(open(disk, seededSigner(2))).rejects.toThrow(/not signed by the key/);
  const options = { signer: seededSigner(), disk, onHalt: () => undefined, onUnsigned: () => undefined };
  await expect(openLedger(DIRECTORY, { ...options, origin: "example.com/other" })).rejects.toThrow(/keeps its origin/);
  await expect(openLedger(DIRECTORY, { ...options, origin: "with space" })).rejects.toThrow(/without spaces/);
});
