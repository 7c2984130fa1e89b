import { runCommandLine } from "./command-line.ts";

// Whoever stops reading, as `head` does, changes no verdict; what could not be written for another reason is not proven.
let isUnwritten = false;
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => (isUnwritten ||= error.code !== "EPIPE"));
process.on("exit", () => {
  if (isUnwritten) process.exitCode = 2;
});

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
