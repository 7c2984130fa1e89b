import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { create, toBinary } from "@bufbuild/protobuf";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { connect as connectSocket } from "node:net";
import { framed } from "../api/support/raw-call.ts";

/** A call that is made and whose answer nobody takes. */
export interface UnreadCall<I extends DescMessage = DescMessage> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly input: I;
  readonly request: MessageInitShape<I>;
}

/** Calls whose answers nobody takes. */
export interface UnreadAnswers extends Disposable {
  /** Calls that the server has refused or ended, by their gRPC status. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** How many: streams of each connection, and connections. */
export interface Crowd {
  /** Path of the server's socket. */
  readonly socket: string;
  readonly connections: number;
  readonly streams: number;
}

/**
 * Makes a call on every stream of every connection and lets no byte of an answer come: the window of each stream is
 * closed from the first, so that whatever the server has made stays with it. Headers are still taken, so a refusal is seen.
 */
export function leaveUnread(call: UnreadCall, { socket, connections, streams }: Crowd): UnreadAnswers {
  const body = framed(toBinary(call.input, create(call.input, call.request)));
  const sessions: ClientHttp2Session[] = [];
  const statuses = new Map<number, number>();
  const note = (headers: object): void => {
    if (!("grpc-status" in headers)) return;
    const status = Number(headers["grpc-status"]);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  for (let connection = 0; connection < connections; connection += 1) {
    const session = connectHttp2("http://localhost", {
      createConnection: () => connectSocket(socket),
      settings: { initialWindowSize: 0 },
    });
    session.on("error", () => undefined); // the server may close it, which is an answer as well
    sessions.push(session);
    for (let stream = 0; stream < streams; stream += 1) open(session, call.path).on("response", note).end(body);
  }
  return {
    statuses,
    [Symbol.dispose]() {
      for (const session of sessions) session.destroy();
    },
  };
}

function open(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => undefined); // told by the status, or by nobody
  return stream;
}
