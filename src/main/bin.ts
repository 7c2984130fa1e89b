#!/usr/bin/env node
import { randomUUIDv7 } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { runCli } from "#cli";
import type { JsonObject } from "#model";
import { configurationSchema } from "./configuration.ts";
import { connect } from "./connect.ts";
import { examine } from "./doctor.ts";
import { serve } from "./serve.ts";
import { systemClock } from "./system-clock.ts";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }; // our own
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort(signal));

process.exitCode = await runCli({
  argv: process.argv.slice(2),
  stdout: process.stdout,
  stderr: process.stderr,
  colour: process.stdout.isTTY && process.env["NO_COLOR"] === undefined,
  clock: systemClock,
  version: manifest.version,
  interrupted: interrupted.signal,
  newJobId: randomUUIDv7,
  serve: (flags, onReady) => serve(flags, { stopped: interrupted.signal, onReady }),
  connect,
  doctor: (flags) => Promise.resolve(examine(flags)),
  configurationSchema: () => z.toJSONSchema(configurationSchema, { io: "input" }) as JsonObject, // JSON by its making
});
