import type { CertificateFlags } from "./commands/certificates.ts";
import { collected, JSON_FLAG, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";

/** Declares the commands about certificates. */
export function addCertificateCommands({ program, session, onEnd }: Declaring): void {
  program
    .command("certs")
    .description("about certificates for TLS")
    .command("init")
    .description("make a CA for development, a server's certificate and clients' certificates; nothing is written over")
    .option("--out <dir>", "where to write them (default: certs)")
    .option(
      "--name <host>",
      "a DNS name or address of the server beside localhost; may be given several times",
      collected,
    )
    .option(
      "--client <name>",
      "who a client is, a name or a URI such as spiffe://example/ops; may be given several times (default: developer)",
      collected,
    )
    .option("--days <n>", "how long they hold, 30 to 90 days (default: 90)", wholeNumber)
    .option(...JSON_FLAG)
    .action(async (flags: CertificateFlags) => {
      const { initCertificates } = await import("./commands/certificates.ts");
      onEnd(await initCertificates(flags, session));
    });
}
