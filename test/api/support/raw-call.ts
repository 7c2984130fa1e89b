import { connect, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { connect as connectSocket } from "node:net";

/** What a call answered, as it stood on the wire. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly message: string;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of all messages with their frames. */
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

/** An HTTP/2 connection that sends what it is told, right or wrong. */
export interface RawConnection extends Disposable {
  readonly session: ClientHttp2Session;
  /** Opens a call with these headers beside the usual ones. */
  open(path: string, headers?: Readonly<Record<string, string>>): ClientHttp2Stream;
}

/** Connects to `unix:/path` or `host:port`. */
export function rawConnection(address: string): RawConnection {
  const at = address.lastIndexOf(":");
  const socket = address.startsWith("unix:")
    ? connectSocket({ path: address.slice("unix:".length) })
    : connectSocket({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
  // Node's own bound on what waits to be sent would refuse answers to large calls, megabytes.
  const session = connect("http://localhost", { createConnection: () => socket, maxSessionMemory: 1000 });
  session.on("error", () => undefined); // told by the streams
  return {
    session,
    open(path, headers = {}) {
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: "POST",
        [constants.HTTP2_HEADER_PATH]: path,
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      });
      stream.on("error", () => undefined); // told by `answerOf`
      return stream;
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** Everything that came until the stream closed. */
export function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (received) => (headers = received));
    stream.on("trailers", (received) => (trailers = received));
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("close", () => {
      const last = "grpc-status" in trailers ? trailers : headers;
      const status = last["grpc-status"];
      resolve({
        status: status === undefined ? undefined : Number(status),
        message: decoded(String(last["grpc-message"] ?? "")),
        headers,
        body: Buffer.concat(chunks),
        trailers,
      });
    });
  });
}

/** As clients read it: what is not percent-encoded stays as it is. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** A message with its gRPC frame. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
