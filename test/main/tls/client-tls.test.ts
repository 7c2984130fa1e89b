import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { clientTls } from "../../../src/main/client-tls.ts";
import type { ScratchDirectory } from "../../support/scratch-directory.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";

let scratch: ScratchDirectory;

beforeAll(async () => {
  scratch = await scratchDirectory();
  for (const from of ["flag", "variable", "file"]) {
    for (const kind of ["ca", "cert"]) writeFileSync(join(scratch.path, `${from}.${kind}`), `${from} ${kind}`);
    writeFileSync(join(scratch.path, `${from}.key`), `${from} key`, { mode: 0o600 });
  }
  writeFileSync(join(scratch.path, "open.key"), "open", { mode: 0o644 });
});
afterAll(() => scratch[Symbol.asyncDispose]());

const NOTHING = { ca: undefined, certificate: undefined, key: undefined };
const VARIABLES = { ca: "variable.ca", certificate: "variable.cert", key: "variable.key" };
const FILE = { ca: "file.ca", certificate: "file.cert", key: "file.key" };

function read(flags: object, named: typeof NOTHING | typeof VARIABLES, client?: object) {
  const configuration = { base: scratch.path, client };
  return clientTls({ flags, named, configuration, workingDirectory: scratch.path });
}

test("where no file is named there is nothing to speak TLS with", () => {
  expect(read({}, NOTHING)).toBeUndefined();
  expect(read({}, NOTHING, {})).toBeUndefined();
});

test("a flag is before a variable, and a variable before the configuration, for each file", () => {
  expect(read({}, NOTHING, FILE)).toEqual({ ca: "file ca", certificate: "file cert", key: "file key" });
  expect(read({}, VARIABLES, FILE)).toEqual({ ca: "variable ca", certificate: "variable cert", key: "variable key" });
  expect(read({ ca: "flag.ca" }, VARIABLES, FILE)).toMatchObject({ ca: "flag ca", key: "variable key" });
  expect(read({ ca: "flag.ca", cert: "flag.cert", certKey: "flag.key" }, NOTHING)).toEqual({
    ca: "flag ca",
    certificate: "flag cert",
    key: "flag key",
  });
});

const all = (): unknown =>
  read({ ca: "none.ca", certKey: "open.key" }, { ...NOTHING, certificate: "none.cert" } as never);

test("every file that cannot be used is named by what named it", () => {
  expect(all).toThrow(/--ca {2}cannot be read[^]*VERBATIM_CERT {2}cannot be read[^]*--cert-key {2}has mode 0644/);
});
