import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { notedServer, noteServer } from "../../src/main/running-server.ts";

let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "verbatim-note-"));
});

afterEach(() => rmSync(state, { recursive: true }));

test("a server that takes calls is found by its note, and not after the note was taken away", () => {
  const forget = noteServer(state, "127.0.0.1:1");
  expect(notedServer(state)).toEqual({ address: "127.0.0.1:1", pid: process.pid });
  forget();
  expect(notedServer(state)).toBeUndefined();
});

test.each(["", "{", '{"address":"127.0.0.1:1","pid":4194305}\n'])(
  "a note that a power cut or a dead server left is no server: %j",
  (text) => {
    writeFileSync(join(state, "server.json"), text);
    expect(notedServer(state)).toBeUndefined();
  },
);
