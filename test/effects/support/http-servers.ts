import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Authority } from "../../support/authority.ts";

/** A request as a server received it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A real server on a loopback port, closed when disposed. */
export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly seen: readonly SeenRequest[];
}

/** Starts a server that reads each request whole before it answers. */
export async function serveHttp(answer: RequestListener, authority?: Authority): Promise<TestServer> {
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      seen.push({ method, path, headers, body: Buffer.concat(pieces).toString() });
      answer(request, response);
    });
  };
  const server: Server = authority === undefined ? createServer(listener) : createTlsServer(authority, listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
