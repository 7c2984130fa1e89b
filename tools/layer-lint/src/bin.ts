import { runCommandLine } from "./command-line.ts";

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
