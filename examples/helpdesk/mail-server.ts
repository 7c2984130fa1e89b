import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** A mail that came. */
export interface SeenMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A real SMTP server on a loopback port. */
export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly SeenMail[];
}

/** Starts a server that takes every mail. */
export async function startMailServer(): Promise<MailServer> {
  const seen: SeenMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    closeTimeout: 1,
    onData(stream, { envelope }, done) {
      const pieces: Buffer[] = [];
      stream.on("data", (piece: Buffer) => pieces.push(piece));
      stream.on("end", () => {
        const text = Buffer.concat(pieces).toString();
        const subject = /^Subject: (.*)$/m.exec(text)?.[1]?.trim() ?? "";
        for (const { address } of envelope.rcptTo) seen.push({ to: address, subject, text });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  return {
    port: (server.server.address() as AddressInfo).port, // it listens on TCP
    seen,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
