#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// Compiling the checker takes longer than checking a project of which nothing changed. The cache lies with the checker
// itself: whoever can write there could write the checker as well.
enableCompileCache(join(import.meta.dirname, "../node_modules/.cache/code"));
const { runCommandLine } = await import("./command-line.ts");

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
