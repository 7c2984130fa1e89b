import { isAbsolute } from "node:path";
import { Fault } from "#model";
import type { Violation } from "#model";
import type { SecretVault } from "../../secrets/secret-vault.ts";
import { ADDRESS, isRecipientEntry } from "./address.ts";

/** How mail is handed over, and to whom it may go. Nothing is permitted by default. */
export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /**
   * `tls` from the first byte; `starttls`: the connection is refused unless it can be made so; `none`: everything can be read
   * on the way, so no password is sent.
   */
  readonly security: "starttls" | "tls" | "none";
  readonly user?: string;
  /** Name of the secret that is the user's password. */
  readonly passwordSecret?: string;
  /** Absolute path of a file with certificates, PEM, that are trusted in place of the system's. */
  readonly caFile?: string;
  /** The one address that mail comes from. */
  readonly from: string;
  /** Addresses, and `@domain` for all of a domain. Empty = every mail is refused. */
  readonly recipients: readonly string[];
}

/** What `email.send` is made with. */
export interface EmailSendOptions {
  readonly smtp: SmtpOptions;
  readonly secrets?: SecretVault;
}

/** Checks the options. @throws {Fault} INVALID_CONFIGURATION that lists every problem. */
export function requireSmtp({ smtp, secrets }: EmailSendOptions): void {
  const violations: Violation[] = [];
  const tell = (field: string, description: string): number => violations.push({ field: `smtp.${field}`, description });
  const { user, passwordSecret, caFile } = smtp;
  if (smtp.host === "" || /[\s/]/.test(smtp.host)) tell("host", `${JSON.stringify(smtp.host)} is no host`);
  if (!ADDRESS.test(smtp.from)) tell("from", `${JSON.stringify(smtp.from)} is no address such as ada@example.com`);
  for (const [index, entry] of smtp.recipients.entries()) {
    if (!isRecipientEntry(entry)) {
      tell(`recipients[${index}]`, `${JSON.stringify(entry)} is neither an address nor @domain`);
    }
  }
  if ((user === undefined) !== (passwordSecret === undefined))
    tell("user", "and password belong together: give both or none");
  if (user !== undefined && smtp.security === "none") {
    tell("security", "is none, and a password would be sent for all to read: choose starttls or tls");
  }
  if (passwordSecret !== undefined && secrets?.has(passwordSecret) !== true) {
    tell("password", `names the secret "${passwordSecret}", which is not known here: add it under the key secrets`);
  }
  if (caFile !== undefined && !isAbsolute(caFile)) tell("caFile", `"${caFile}" is not an absolute path`);
  if (violations.length === 0) return;
  const list = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new Fault("INVALID_CONFIGURATION", `email.send is not configured as it must be: ${list}`, { violations });
}
