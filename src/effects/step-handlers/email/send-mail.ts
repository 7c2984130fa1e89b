import { createTransport } from "nodemailer";
import type { Mail as Transport, SMTPSentMessageInfo, SMTPTransportOptions } from "nodemailer";
import type { Json } from "#model";
import type { StepOutput } from "../../step-handler.ts";
import { errorCode, failure, stopped } from "../failure.ts";
import type { FailureClass } from "../failure.ts";
import { readAuthorities } from "../tls-trouble.ts";
import type { SmtpOptions } from "./smtp-options.ts";

/** A message with everything decided. */
export interface Mail {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same for the same step for ever, so that a second copy can be known as one. */
  readonly messageId: string;
}

/** What a mail is handed over with. */
export interface SendOptions {
  readonly smtp: SmtpOptions;
  readonly password: string | undefined;
  readonly signal: AbortSignal;
}

/** How long a server may say nothing. */
const CONNECT_MS = 30_000;
const SILENCE_MS = 60_000;
const ANSWER_CHARACTERS = 200;

/** Hands one mail over, over a connection of its own. Never rejects. */
export async function sendMail(mail: Mail, { smtp, password, signal }: SendOptions): Promise<StepOutput> {
  const authorities = readAuthorities(smtp.caFile);
  if ("problem" in authorities) return failure(authorities.problem, "permanent");
  const transport = transportTo(smtp, { ...authorities, password });
  try {
    const { accepted, rejected, response } = await transport.sendMail({
      envelope: { from: smtp.from, to: [...mail.to, ...mail.cc] },
      from: { name: "", address: smtp.from },
      to: addressed(mail.to),
      cc: addressed(mail.cc),
      subject: mail.subject,
      text: mail.text,
      messageId: mail.messageId,
      headers: { "Auto-Submitted": "auto-generated" },
      disableFileAccess: true,
      disableUrlAccess: true,
      signal,
    });
    const answer = response.slice(0, ANSWER_CHARACTERS).toWellFormed();
    const output: Json = { message_id: mail.messageId, accepted, rejected, answer };
    if (rejected.length === 0) return { success: true, output };
    const error = `the server took the mail for ${accepted.join(", ")} and refused ${rejected.join(", ")}`;
    return failure(error, "permanent", output);
  } catch (error) {
    return signal.aborted ? stopped() : describeFailure(error, smtp);
  } finally {
    transport.close();
  }
}

function transportTo(
  smtp: SmtpOptions,
  { ca, password }: { ca?: string; password: string | undefined },
): Transport<SMTPSentMessageInfo, SMTPTransportOptions> {
  return createTransport({
    host: smtp.host,
    port: smtp.port,
    secure: smtp.security === "tls",
    requireTLS: smtp.security === "starttls",
    ignoreTLS: smtp.security === "none",
    tls: { ...(ca !== undefined && { ca }), rejectUnauthorized: true, minVersion: "TLSv1.2" },
    // Where a login is said, mail without one is never handed over.
    ...(smtp.user !== undefined && { auth: { user: smtp.user, pass: password ?? "" }, forceAuth: true }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Each an object of its own: a text would be read for names, commas and brackets. */
function addressed(list: readonly string[]): { name: string; address: string }[] {
  return list.map((address) => ({ name: "", address }));
}

/** What Node says of a certificate that does not hold; the library keeps the words and not the code. */
const CERTIFICATE = /certificate|altnames/i;

function describeFailure(error: unknown, { host, port, security }: SmtpOptions): StepOutput {
  const said = error instanceof Error ? error.message : String(error);
  const status = error instanceof Error && "responseCode" in error ? Number(error.responseCode) : 0;
  const code = errorCode(error);
  const what =
    code === "ETLS" && security === "starttls" && status > 0
      ? "does not take STARTTLS, and no mail is sent without"
      : `did not take the mail (${code})`;
  return failure(`${host}:${port} ${what}: ${said}`, classOf({ status, code, said }));
}

/** 5yz is the server's last word, 4yz is not (RFC 5321, 4.2.1). */
function classOf({ status, code, said }: { status: number; code: string; said: string }): FailureClass {
  if (status >= 500) return "permanent";
  if (status >= 400) return "transient_io";
  if (code === "EAUTH" || code === "EMESSAGE" || code === "EENVELOPE" || CERTIFICATE.test(said)) return "permanent";
  return "transient_io";
}
