// The process of one provider. It loads the module, and does for the server what it is asked over the frames at descriptor 3. Nothing here
// is to be relied on by the server: the module can do to this process whatever it likes.
import { writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { pathToFileURL } from "node:url";
import type { Json } from "#model";
import { FrameReader, frameOf } from "./frames.ts";
import { FRAMES_FD } from "./protocol.ts";
import type { ProviderReply, ProviderRequest, StopRequest } from "./protocol.ts";

/** What a module exports as `provider`, as far as it keeps to its form. */
interface Module {
  readonly name: unknown;
  readonly capabilities: Readonly<Record<string, Capability>>;
  init?(given: object): unknown;
  close?(): unknown;
}

interface Capability {
  readonly parameters: unknown;
  readonly sensitive?: unknown;
  perform(call: object): unknown;
}

/** The server refuses frames that are larger; it sends none. */
const REQUEST_BYTES = 1024 * 1024;
const ANSWER_BYTES = 1024 * 1024;

// Where memory is short, the kernel is to take this process before the server.
try {
  writeFileSync("/proc/self/oom_score_adj", "1000");
} catch {
  // there is no such file outside of Linux
}

const frames = new Socket({ fd: FRAMES_FD });
const reader = new FrameReader(REQUEST_BYTES);
let module: Module | undefined;
let settings: unknown = {};
let stop = new AbortController();

frames.on("data", (piece: Buffer) => {
  for (const message of reader.take(piece)) take(message as ProviderRequest | StopRequest); // the server's
});
frames.on("error", endHere);
frames.on("close", endHere); // the server has ended, or has given this process up

/** At once, whatever the module has made of its own: it has been closed, or nobody is left who could ask for it. */
function endHere(): void {
  process.kill(process.pid, "SIGKILL");
}

function take(request: ProviderRequest | StopRequest): void {
  if (request.kind === "stop") stop.abort();
  else void perform(request).then(answer);
}

/** What was asked for is done, and whatever the module does wrong on the way is told. */
async function perform(request: ProviderRequest): Promise<ProviderReply> {
  try {
    if (request.kind === "load") return await load(request.file);
    const loaded = module;
    if (loaded === undefined) throw new Error("nothing was loaded");
    if (request.kind === "init") {
      settings = request.settings;
      await loaded.init?.({ settings, secrets: request.secrets });
      return { kind: "ready" };
    }
    if (request.kind === "close") {
      await loaded.close?.();
      endHere();
      return { kind: "ready" };
    }
    const { capability, parameters, context, secrets } = request;
    stop = new AbortController();
    const call = { parameters, context, secrets, settings, signal: stop.signal };
    return { kind: "answer", output: (await loaded.capabilities[capability]?.perform(call)) as Json | undefined }; // the server looks at it
  } catch (error) {
    return { kind: "failed", error: error instanceof Error ? error.message || error.name : String(error) };
  }
}

async function load(file: string): Promise<ProviderReply> {
  const loaded = ((await import(pathToFileURL(file).href)) as { readonly provider?: Module }).provider; // a module is an object
  if (typeof loaded !== "object" || loaded === null) throw new Error("it does not export an object `provider`");
  const capabilities = Object.entries(loaded.capabilities ?? {}).map(([name, capability]) => {
    if (typeof capability.perform !== "function") throw new Error(`its capability ${name} has no function \`perform\``);
    return { name, parameters: capability.parameters, sensitive: capability.sensitive ?? [] };
  });
  module = loaded;
  return { kind: "loaded", name: loaded.name, capabilities } as unknown as ProviderReply; // the server looks at it
}

function answer(reply: ProviderReply): void {
  const frame = told(reply);
  const fits = frame.length <= ANSWER_BYTES;
  const error = `the answer has ${frame.length} bytes, expected at most ${ANSWER_BYTES}`;
  frames.write(fits ? frame : frameOf({ kind: "failed", error }));
}

function told(reply: ProviderReply): Buffer {
  try {
    return frameOf(reply);
  } catch (error) {
    return frameOf({ kind: "failed", error: `the answer is no JSON: ${String(error)}` });
  }
}
