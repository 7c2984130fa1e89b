import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer } from "smtp-server";
import type { SMTPServerOptions } from "smtp-server";
import type { Authority } from "../../support/authority.ts";

/** A mail as a server received it. */
export interface SeenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  /** Whether it came over TLS. */
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** A real SMTP server on a loopback port, closed when disposed. */
export interface TestSmtpServer extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly SeenMail[];
  /** Every name and password that was tried. */
  readonly logins: readonly string[];
}

/** An error that a server answers with its code. */
export function answerWith(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

/** Starts a server that knows the login `ada` with `correct-horse`; `options` replaces what it does. */
export async function serveSmtp(authority: Authority, options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const seen: SeenMail[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    key: authority.key,
    cert: authority.cert,
    closeTimeout: 1,
    disableReverseLookup: true,
    onAuth({ username = "", password }, _session, done) {
      logins.push(`${username}:${password ?? ""}`);
      if (username === "ada" && password === "correct-horse") done(null, { user: username });
      else done(answerWith(535, "no such login"));
    },
    onData(stream, { envelope, secure, user }, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        const text = Buffer.concat(pieces).toString();
        seen.push({
          from,
          to: rcptTo.map(({ address }) => address),
          text,
          secure,
          user: user === undefined ? user : String(user),
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined); // a client that refuses a certificate is what some tests look for
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port, // it listens on TCP
    seen,
    logins,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** A server that takes connections, says `greeting`, and then nothing more. */
export async function serveSilence(
  greeting = "",
): Promise<{ port: number; connections: Set<Socket> } & AsyncDisposable> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => undefined);
    socket.resume();
    if (greeting !== "") socket.write(greeting);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
