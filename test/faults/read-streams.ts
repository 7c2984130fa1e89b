import { create, toBinary } from "@bufbuild/protobuf";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session } from "node:http2";
import { connect as connectSocket } from "node:net";
import { framed } from "../api/support/raw-call.ts";
import type { Crowd, UnreadCall } from "./unread-answers.ts";

/** Calls whose answers are taken as they come. */
export interface ReadAnswers extends Disposable {
  /** Bytes of each that have come so far, in the order in which they were made. */
  readonly bytes: readonly number[];
  /** Resolves with the gRPC statuses, one a call, when all have ended. */
  readonly ended: Promise<readonly number[]>;
}

/** Makes a call on every stream of every connection, and takes what comes without looking at it: a reader that costs little. */
export function readAll(call: UnreadCall, { socket, connections, streams }: Crowd): ReadAnswers {
  const body = framed(toBinary(call.input, create(call.input, call.request)));
  const sessions: ClientHttp2Session[] = [];
  const ended: Promise<number>[] = [];
  const bytes: number[] = [];
  for (let connection = 0; connection < connections; connection += 1) {
    const session = connectHttp2("http://localhost", { createConnection: () => connectSocket(socket) });
    session.on("error", () => undefined); // told by each stream
    sessions.push(session);
    for (let number = 0; number < streams; number += 1) {
      const place = bytes.push(0) - 1;
      const headers = { ":method": "POST", ":path": call.path, "content-type": "application/grpc", te: "trailers" };
      const stream = session.request(headers);
      let status = Number.NaN;
      stream.on("trailers", (trailers) => (status = Number(trailers["grpc-status"])));
      stream.on("response", (first) => (status = Number(first["grpc-status"])));
      stream.on("data", (chunk: Buffer) => (bytes[place] = (bytes[place] ?? 0) + chunk.length));
      stream.on("error", () => undefined);
      const { promise, resolve } = Promise.withResolvers<number>();
      stream.once("close", () => resolve(stream.rstCode === 0 ? status : -stream.rstCode));
      ended.push(promise);
      stream.end(body);
    }
  }
  return {
    bytes,
    ended: Promise.all(ended),
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}
