import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { verifyLines } from "#evidence";
import { DenialsOfServer } from "../../src/main/denials.ts";
import { identityHouse, LOCAL_TOKEN } from "../api/identity/identity-house.ts";
import { makeIssuer } from "../api/identity/issuer.ts";
import type { Issuer } from "../api/identity/issuer.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import type { ScratchDirectory } from "../support/scratch-directory.ts";

let issuer: Issuer;
let scratch: ScratchDirectory;
beforeAll(async () => {
  [issuer, scratch] = await Promise.all([makeIssuer(), scratchDirectory()]);
});
afterAll(() => scratch[Symbol.asyncDispose]());

function opened(state: string): DenialsOfServer {
  return new DenialsOfServer({ state, store: "sqlite" }, (event) => expect(event).toBe("nothing is logged"));
}

describe("calls that are denied on the wire become evidence", () => {
  test("who and what was denied how often, read and verified by an auditor, and kept over a restart", async () => {
    const state = scratch.path;
    const denials = opened(state);
    const server = {
      denials: denials.reader,
      onEachDenial: (denial: Parameters<DenialsOfServer["note"]>[0]) => denials.note(denial),
    };
    await using house = await identityHouse(issuer, { identity: { tenants: [] }, server });
    const auditor = house.client(await issuer.token({ sub: "tess", roles: ["auditor"], tenant: undefined }));
    expect((await auditor.server.listDenials({})).logs).toEqual([]);
    expect(existsSync(join(state, "denials"))).toBe(false); // nothing denied, nothing kept

    const reader = house.client(await issuer.token({ sub: "rita", roles: ["reader"], tenant: undefined }));
    for (let n = 0; n < 3; n += 1) await expect(reader.server.listDenials({})).rejects.toThrow("none of his roles");
    await expect(house.client("nonsense").evidence.getPublicKey({})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });

    const { logs } = await auditor.server.listDenials({});
    expect(logs).toHaveLength(1);
    const logId = logs[0]?.logId ?? "";
    expect(logId).toMatch(/^denials-\d{4}-\d\d-\d\d$/);
    const lines = await linesOf(auditor, logId);
    expect(await verifyLines(lines)).toMatchObject({ ok: true, kind: "denials", records: 2 });
    const { data } = JSON.parse(lines[1] ?? "") as { readonly data: { readonly denials: readonly object[] } };
    expect(data).toMatchObject({ total: 4, others: 0 });
    expect(data.denials).toEqual([
      expect.objectContaining({
        kind: "permission",
        principal: "rita",
        method: "/verbatim.server.v1.ServerService/ListDenials",
        count: 3,
        detail: "has reader",
      }),
      expect.objectContaining({ kind: "unauthenticated", principal: "", peer: "127.0.0.1", count: 1 }),
    ]);

    await expect(reader.server.listDenials({})).rejects.toThrow("none of his roles");
    await denials[Symbol.asyncDispose](); // a stop records what was counted
    await using again = opened(state);
    const kept = await (await again.reader())?.read(logId, -1, 10);
    expect(kept?.map(({ record }) => record.event_type)).toEqual([
      "denials.opened",
      "denials.counted",
      "denials.counted",
    ]);
  });

  test("a log that is not there is answered as such, and one who has no role is not told", async () => {
    await using house = await identityHouse(issuer);
    const local = house.client(LOCAL_TOKEN);
    await expect(linesOf(local, "denials-2026-01-01")).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
    const nobody = house.client(await issuer.token({ sub: "nobody", roles: [] }));
    await expect(linesOf(nobody, "denials-2026-01-01")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });
});

type Client = ReturnType<Awaited<ReturnType<typeof identityHouse>>["client"]>;

async function linesOf(client: Client, logId: string): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const { lines } of client.server.readDenials({ logId })) all.push(...lines);
  return all;
}
