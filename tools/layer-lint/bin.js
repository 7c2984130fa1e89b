#!/usr/bin/env node
// A package that was installed runs what was built. In its own repository nothing has to be built: there the source is run.
import { existsSync } from "node:fs";
import * as nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const source = new URL("./src/bin.ts", import.meta.url);
const isSource = existsSync(source);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (isSource ? major < 26 : major < 22 || (major === 22 && minor < 12)) {
  const needed = isSource ? "26 or newer to run from source" : "22.12 or newer";
  process.stderr.write(`layer-lint needs Node ${needed}; this is Node ${process.versions.node}.\n`);
  process.exitCode = 2;
} else {
  // Compiling the checker takes longer than checking a project of which nothing changed. The cache lies with the checker
  // itself: whoever can write there could write the checker as well.
  nodeModule.enableCompileCache(fileURLToPath(new URL("./node_modules/.cache/code", import.meta.url)));
  await import(isSource ? source.href : new URL("./dist/bin.js", import.meta.url).href);
}
