import { isIP } from "node:net";
import { certificatesOf } from "./tls/pem.ts";

/** By which names a side port is called. A page of another site that has its name point here calls it by that name. */
export interface OwnHosts {
  readonly scheme: "http" | "https";
  /** Whether a Host header, or an origin without its scheme, names this port. */
  isOwn(host: string): boolean;
  /** What is expected, for people. */
  readonly expected: string;
}

/** Of a port on loopback: its address and the names of this machine. `address`: `host:port`. */
export function loopbackHosts(address: string): OwnHosts {
  const port = address.slice(address.lastIndexOf(":"));
  const own: ReadonlySet<string> = new Set([address, `localhost${port}`, `127.0.0.1${port}`, `[::1]${port}`]);
  return {
    scheme: "http",
    isOwn: (host) => own.has(host.toLowerCase()),
    expected: `one of ${[...own].join(", ")}`,
  };
}

/** Of a port with TLS: what its certificate is made for, as it is at present. `address`: `host:port`. */
export function certifiedHosts(address: string, certificate: () => string): OwnHosts {
  const port = address.slice(address.lastIndexOf(":") + 1);
  return {
    scheme: "https",
    isOwn(host) {
      const [, name = "", said = HTTPS_PORT] = HOST.exec(host) ?? [];
      const leaf = certificatesOf(certificate())?.[0];
      if (leaf === undefined || name === "" || said !== port) return false;
      const bare = name.replace(/^\[(.*)\]$/, "$1");
      return (isIP(bare) === 0 ? leaf.checkHost(bare, { subject: "never" }) : leaf.checkIP(bare)) !== undefined;
    },
    expected: `a name of the server's certificate with the port ${port}`,
  };
}

const HTTPS_PORT = "443";
const HOST = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?$/;
