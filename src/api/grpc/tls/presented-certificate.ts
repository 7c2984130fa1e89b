import { isIP } from "node:net";
import { connect } from "node:tls";
import { parseAddress } from "../address.ts";
import { clientContext } from "./client-credentials.ts";
import type { ClientTls } from "./tls-material.ts";

/** How long a handshake may take, milliseconds. */
const PATIENCE_MS = 5000;

/** The certificate that a server shows. */
export interface PresentedCertificate {
  readonly subject: string;
  /** When it ends, milliseconds since 1970. */
  readonly endsMs: number;
}

/**
 * What a server shows to a client with these files, from a handshake of its own. Undefined on a unix socket, and where the
 * handshake does not come to an end: why it does not, a call tells. Never rejects.
 */
export async function presentedCertificate(text: string, tls: ClientTls): Promise<PresentedCertificate | undefined> {
  const address = parseAddress(text);
  if (address.kind === "unix") return undefined;
  const { host, port } = address;
  return await new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      secureContext: clientContext(tls),
      rejectUnauthorized: true,
      ALPNProtocols: ["h2"],
      ...(isIP(host) === 0 && { servername: host }),
    });
    const end = (seen?: PresentedCertificate): void => {
      socket.destroy();
      resolve(seen);
    };
    socket.setTimeout(PATIENCE_MS, () => end());
    socket.on("error", () => end());
    socket.once("close", () => end());
    socket.once("secureConnect", () => {
      const shown = socket.getPeerX509Certificate();
      end(shown && { subject: shown.subject.replaceAll("\n", ", "), endsMs: shown.validToDate.getTime() });
    });
  });
}
