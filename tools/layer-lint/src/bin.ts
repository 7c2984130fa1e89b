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
  environment: process.env,
  isTerminal: process.stdout.isTTY,
  today: new Date().toISOString().slice(0, "YYYY-MM-DD".length),
  interrupted() {
    const interruption = new AbortController();
    process.once("SIGINT", () => interruption.abort());
    return interruption.signal;
  },
});
