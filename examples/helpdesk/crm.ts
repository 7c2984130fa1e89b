import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Another system, which is told of tickets over HTTP, and can be broken. */
export interface Crm extends AsyncDisposable {
  readonly port: number;
  /** Whether it answers 503 to everything. */
  broken: boolean;
  readonly taken: readonly { readonly ticket: number; readonly title: string }[];
  /** Calls that it answered 503. */
  readonly refused: number;
}

/** Starts it on a loopback port. */
export async function startCrm(): Promise<Crm> {
  const taken: { ticket: number; title: string }[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      if (crm.broken) refused += 1;
      else taken.push(JSON.parse(Buffer.concat(pieces).toString()) as { ticket: number; title: string }); // as hooks.yaml writes it
      response.writeHead(crm.broken ? 503 : 204).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const crm: Crm = {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    broken: false,
    taken,
    get refused() {
      return refused;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return crm;
}
