#!/usr/bin/env -S node --max-semi-space-size=16
import { randomUUIDv7 } from "node:crypto";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { runCli } from "#cli";
import { systemClock } from "./system-clock.ts";

// What a command needs is loaded when it asks for it: `--help` waits for none of it.
const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
}; // our own
const interrupted = new AbortController();
const interruptedAgain = new AbortController();

/** Under npm one press of Ctrl-C arrives twice: from the terminal, and handed on by npm. Milliseconds. */
const SAME_PRESS_MS = 250;
let firstSignalMs = 0;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    const now = performance.now();
    if (!interrupted.signal.aborted) {
      firstSignalMs = now;
      interrupted.abort(signal);
    } else if (now - firstSignalMs > SAME_PRESS_MS) interruptedAgain.abort(signal);
  });
}

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  // Opened only by who reads it.
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  colour: (process.env["NO_COLOR"] ?? "") === "",
  clock: systemClock,
  version: manifest.version,
  ...nameOfUser(),
  interrupted: interrupted.signal,
  interruptedAgain: interruptedAgain.signal,
  newJobId: randomUUIDv7,
  async serve(flags, onReady) {
    const { serve } = await import("./serve.ts");
    await serve(flags, { stopped: interrupted.signal, onReady });
  },
  async signer(flags, onReady) {
    const { runSigner } = await import("./run-signer.ts");
    await runSigner(flags, { stopped: interrupted.signal, onReady });
  },
  async worker(flags, onReady) {
    const { runWorker } = await import("./worker/worker-process.ts");
    await runWorker(flags, { stopped: interrupted.signal, onReady });
  },
  async workers(flags) {
    const { listWorkers } = await import("./worker/list-workers.ts");
    return await listWorkers(flags);
  },
  environment: (names) =>
    Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
  async connect(flags, options) {
    const { connect } = await import("./connect.ts");
    return await connect(flags, options);
  },
  async ownPublicKey(flags) {
    const { ownPublicKey } = await import("./signer.ts");
    return await ownPublicKey(flags);
  },
  async stateDirectory(flags) {
    const { loadConfiguration } = await import("./load-configuration.ts");
    return (await loadConfiguration({ flags, environment: process.env, workingDirectory: process.cwd() })).state;
  },
  async doctor(flags) {
    const { examine } = await import("./doctor.ts");
    return await examine(flags);
  },
  async rebuildIndex(flags, onProgress) {
    const { rebuildIndex } = await import("./history-index.ts");
    return await rebuildIndex(flags, onProgress);
  },
  async disclosures(flags) {
    const { keptDisclosures } = await import("./connect.ts");
    return await keptDisclosures(flags);
  },
  async configurationSchema() {
    const { configurationJsonSchema } = await import("./configuration-json-schema.ts");
    return configurationJsonSchema();
  },
});
if (interrupted.signal.aborted) process.exit(); // whatever was left in the middle is not waited for

/** Absent where the system does not know the user, as in some containers. A credential's name may differ from that of the user. */
function nameOfUser(): { userName?: string } {
  const actor = process.env["VERBATIM_ACTOR"];
  if (actor !== undefined && actor !== "") return { userName: actor };
  try {
    return { userName: userInfo().username };
  } catch {
    return {};
  }
}
