import { createHash } from "node:crypto";
import { z } from "zod";
import type { JsonObject, Violation } from "#model";
import type { StepType } from "../step-type.ts";
import { listed, parametersForm } from "./declared-parameters.ts";
import { declaredStepType } from "./declared-step-type.ts";
import { ADDRESS, permitsRecipient } from "./email/address.ts";
import { sendMail } from "./email/send-mail.ts";
import { requireSmtp } from "./email/smtp-options.ts";
import type { EmailSendOptions } from "./email/smtp-options.ts";
import { failure, stopped } from "./failure.ts";

const NAME = "email.send";
const RECIPIENTS = 50;
const SUBJECT_CHARACTERS = 500;
const TEXT_CHARACTERS = 200_000;

// eslint-disable-next-line no-control-regex -- what could begin another header is exactly what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const address = z.string().regex(ADDRESS, "is no address such as ada@example.com: no name, no brackets, no line break");
const addresses = z.union([address, z.array(address).min(1).max(RECIPIENTS)], {
  error: `expected an address such as ada@example.com without a name, or a list of 1 to ${RECIPIENTS} of them`,
});

const form = parametersForm(
  NAME,
  z.strictObject({
    to: addresses.describe("An address, or a list; each must be among those that the server permits."),
    cc: addresses.optional().describe("Who gets a copy, as all can see."),
    subject: z
      .string()
      .min(1)
      .max(SUBJECT_CHARACTERS)
      .refine((text) => !CONTROL.test(text) && text.isWellFormed(), "has a line break or another control character")
      .describe("One line."),
    text: z
      .string()
      .max(TEXT_CHARACTERS)
      .refine((text) => !text.includes("\0") && text.isWellFormed(), "has a NUL or a lone surrogate")
      .describe("The message, as plain text."),
  }),
);

/**
 * Makes the step type `email.send`: hands one plain mail to one server. What the server refuses for good (5yz) and what could
 * not be encrypted as configured is `permanent`; what it refuses for now (4yz) and trouble with the connection is
 * `transient_io`. A mail that was stopped or lost its connection at the very end may have been taken: its `Message-ID` is made of
 * the step's idempotency key, so that two copies can be known as one.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem of the options.
 */
export function createEmailSend(options: EmailSendOptions): StepType {
  requireSmtp(options);
  const { smtp, secrets } = options;
  return declaredStepType(form, {
    notPermitted: (raw) => refusedRecipients(raw, smtp.recipients),
    perform: async ({ to, cc = [], subject, text }, { raw, context, signal }) => {
      const refused = refusedRecipients(raw, smtp.recipients);
      if (refused.length > 0) return failure(listed(refused), "sandbox_violation");
      const password = smtp.passwordSecret === undefined ? { value: undefined } : secrets?.resolve(smtp.passwordSecret);
      if (password === undefined || "problem" in password) {
        const problem = password?.problem ?? "no secrets";
        return failure(`the password for ${smtp.host} cannot be used: ${problem}`, "permanent");
      }
      if (signal.aborted) return stopped();
      const messageId = messageIdOf(context.idempotencyKey, smtp.from);
      const mail = { to: listOf(to), cc: listOf(cc), subject, text, messageId };
      return await sendMail(mail, { smtp, password: password.value, signal });
    },
  });
}

function refusedRecipients({ to, cc }: JsonObject, permitted: readonly string[]): Violation[] {
  return Object.entries({ to, cc }).flatMap(([field, declared]) => {
    const read = addresses.safeParse(declared);
    if (!read.success) return []; // said already
    return listOf(read.data)
      .filter((one) => !permitsRecipient(one, permitted))
      .map((one) => ({
        field,
        description: `${one} is not among the recipients that the server's configuration permits`,
      }));
  });
}

function listOf(declared: string | readonly string[]): readonly string[] {
  return typeof declared === "string" ? [declared] : declared;
}

function messageIdOf(idempotencyKey: string, from: string): string {
  const name = createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 40);
  return `<${name}${from.slice(from.lastIndexOf("@"))}>`;
}
