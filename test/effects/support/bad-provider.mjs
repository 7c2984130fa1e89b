// A provider that does in a call whatever can go wrong, as its parameter `how` says.
import { spawn } from "node:child_process";
import { appendFileSync, writeSync } from "node:fs";

const never = () => new Promise(() => {});

const WAYS = {
  throw: () => {
    throw new Error("it cannot be done");
  },
  reject: () => Promise.reject(new Error("it cannot be done later")),
  throw_nothing: () => {
    throw undefined;
  },
  hang: () => never(),
  loop: () => {
    for (;;);
  },
  exit: () => process.exit(3),
  exit_fine: () => process.exit(0),
  kill: () => process.kill(process.pid, "SIGKILL") && never(),
  stop: () => process.kill(process.pid, "SIGSTOP") && never(),
  abort: () => process.abort(),
  uncaught: () => {
    setImmediate(() => {
      throw new Error("out of nowhere");
    });
    return never();
  },
  heap: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  },
  buffers: async () => {
    const kept = [];
    for (;;) {
      kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
  deep: () => {
    let output = [];
    for (let depth = 0; depth < 1000; depth += 1) output = [output];
    return { success: true, output };
  },
  large: () => ({ success: true, output: "x".repeat(2 * 1024 * 1024) }),
  nothing: () => undefined,
  text: () => "done",
  more: () => ({ success: true, output: null, admin: true }),
  both: () => ({ success: true, output: null, error: "and yet" }),
  silent: () => ({ success: false, output: null }),
  cycle: () => {
    const output = {};
    output.output = output;
    return { success: true, output };
  },
  bigint: () => ({ success: true, output: 1n }),
  garbage: () => writeSync(3, "no frame at all, and longer than its head says") && never(),
  forge: () => {
    const frame = Buffer.from(JSON.stringify({ kind: "answer", output: { success: true, output: "forged" }, more: 1 }));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(frame.length);
    writeSync(3, Buffer.concat([head, frame]));
    return never();
  },
  later: () => {
    const body = Buffer.from(JSON.stringify({ kind: "ready" }));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    setTimeout(() => writeSync(3, Buffer.concat([head, body])), 20);
    return { success: true, output: null };
  },
  leave: ({ parameters }) => {
    const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore" });
    appendFileSync(parameters.file, `${child.pid}\n`);
    process.exit(3);
  },
  deaf: ({ parameters }) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
    // A child of its own group, which is to be ended too.
    const child = spawn("/bin/sleep", ["1000"], { detached: true, stdio: "ignore" });
    appendFileSync(parameters.file, `${child.pid}\n`);
    return never();
  },
  loud: async () => {
    for (let line = 0; line < 500; line += 1) console.error(`line ${line} ${"y".repeat(line === 0 ? 100_000 : 1)}`);
    await new Promise((resolve) => process.stderr.write("last\n", resolve)); // all of it is out
    return { success: true, output: null };
  },
  environment: ({ secrets, settings }) => ({
    success: true,
    output: {
      names: Object.keys(process.env).toSorted(),
      secrets: Object.keys(secrets),
      told: Object.values(secrets),
      settings,
    },
  }),
  fine: ({ parameters, context }) => {
    appendFileSync(parameters.file, `${context.idempotencyKey}\n`);
    return { success: true, output: { pid: process.pid } };
  },
};

export const provider = {
  name: "bad",
  capabilities: {
    "bad.do": {
      parameters: {
        type: "object",
        properties: { how: { type: "string", enum: Object.keys(WAYS) }, file: { type: "string" } },
        required: ["how"],
      },
      perform: (call) => WAYS[call.parameters.how](call),
    },
  },
};
