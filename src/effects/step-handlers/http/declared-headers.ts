import { z } from "zod";
import type { Json, Violation } from "#model";
import { SECRET_NAME } from "../../secrets/secret-vault.ts";
import type { SecretVault } from "../../secrets/secret-vault.ts";

const HEADERS = 50;
const NAME_CHARACTERS = 100;
const VALUE_CHARACTERS = 4096;

/** A name of RFC 9110. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
/** What may stand in a value: one line of ASCII, without blanks at its ends. */
const VALUE = /^(?:[!-~](?:[ -~\t]*[!-~])?)?$/;
/** What belongs to the connection, to the server's own words or to proxies, and is never a step's. */
const RESERVED =
  /^(?:host|content-length|content-encoding|connection|keep-alive|te|trailers?|transfer-encoding|upgrade|expect|http2-settings|idempotency-key|proxy-.*)$/i;

const text = z.string().max(VALUE_CHARACTERS).regex(VALUE, "is not one line of ASCII without blanks at its ends");

const secretValue = z
  .strictObject({
    secretRef: z.string().regex(SECRET_NAME),
    prefix: z
      .string()
      .max(100)
      .regex(/^[ -~]*$/, "is not ASCII")
      .optional()
      .describe('What stands before it, such as "Bearer ".'),
  })
  .describe("The value of this secret, which the server reads just before it asks.");

/** Headers as steps declare them. */
export const declaredHeaders = z
  .record(z.string().max(NAME_CHARACTERS), z.union([text, secretValue]))
  .superRefine((headers, context) => {
    const names = Object.keys(headers);
    const tell = (message: string, name?: string): void =>
      context.addIssue({ code: "custom", message, path: name === undefined ? [] : [name] });
    if (names.length > HEADERS) tell(`there are ${names.length}, expected at most ${HEADERS}`);
    for (const name of names) {
      if (!TOKEN.test(name)) tell("is no name of a header", name);
      if (RESERVED.test(name))
        tell("is a header that the server writes itself, or that belongs to the connection", name);
      if (names.some((other) => other !== name && other.toLowerCase() === name.toLowerCase()))
        tell("is there twice", name);
    }
  });

/** Headers in their declared form. */
export type DeclaredHeaders = z.output<typeof declaredHeaders>;

/** The secrets of declared headers that are not known here, whatever the form of the others. */
export function headerViolations(declared: Json | undefined, vault: SecretVault | undefined): Violation[] {
  if (typeof declared !== "object" || declared === null || Array.isArray(declared)) return [];
  return Object.entries(declared).flatMap(([name, value]) => {
    const secret = secretValue.safeParse(value);
    if (!secret.success || vault?.has(secret.data.secretRef) === true) return [];
    const description = `names the secret "${secret.data.secretRef}", which is not known here: correct the name, or add it to the server's configuration (key secrets)`;
    return [{ field: `headers.${name}`, description }];
  });
}

/** The headers with values in the place of names, by names in small letters, or all reasons why not. Never throws. */
export function resolveHeaders(
  declared: DeclaredHeaders,
  vault: SecretVault | undefined,
): { readonly headers: Readonly<Record<string, string>> } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const headers = Object.entries(declared).map(([name, value]) => {
    if (typeof value === "string") return [name.toLowerCase(), value] as const;
    const answer = vault?.resolve(value.secretRef) ?? { problem: "there are no secrets here" };
    const fits = "value" in answer && VALUE.test(answer.value);
    if ("problem" in answer) problems.push(`the secret "${value.secretRef}" cannot be used: ${answer.problem}`);
    else if (!fits)
      problems.push(`the secret "${value.secretRef}" is not one line of ASCII, as the header ${name} has to be`);
    return [name.toLowerCase(), fits ? `${value.prefix ?? ""}${answer.value}` : ""] as const;
  });
  return problems.length > 0 ? { problems } : { headers: Object.fromEntries(headers) };
}
