// Starts the whole server with the mirror of its logs, and stops it: with it every thread that there is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compose } from "../../../src/main/compose.ts";
import { loadConfiguration } from "../../../src/main/load-configuration.ts";

const directory = mkdtempSync(join(tmpdir(), "verbatim-loaded-"));
try {
  const configuration = await loadConfiguration({ flags: {}, environment: {}, workingDirectory: directory });
  await using app = await compose({ ...configuration, mirror: true }, { log: () => {} });
  await app.stop();
} finally {
  rmSync(directory, { recursive: true });
}
