import type { Role } from "#api";
import { BROKEN_KINDS } from "../issuer.ts";
import type { BrokenKind } from "../issuer.ts";
import type { CellAnswer } from "./lane.ts";
import type { Caller } from "./matrix-house.ts";
import type { WrittenRow } from "./written-table.ts";

const [INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED] = [3, 5, 7, 16];

/** What a caller brings as a token. */
export type TokenKind = "none" | "good" | "of no tenant" | BrokenKind;

/** Tokens that are not broken, whether they are believed or not. */
export const UNBROKEN_KINDS: readonly TokenKind[] = ["none", "good", "of no tenant"];

/** Every kind of token. */
export const TOKEN_KINDS: readonly TokenKind[] = [...UNBROKEN_KINDS, ...BROKEN_KINDS];

/** Certificates that a server which asks for them takes: of nobody, of the caller, of another one. */
export const TAKEN = ["of nobody", "of the caller", "of another"] as const;

/** One of {@link TAKEN}, or none, because the server does not ask. */
export type Taken = (typeof TAKEN)[number] | "not asked for";

/** What a cell has to be. */
export interface Expected {
  /** Undefined = anything but a denial: what is closed to tenants answers where there are none. */
  readonly status: number | undefined;
  readonly message?: string | RegExp;
}

/** Who calls, with what. */
export interface Situation {
  readonly caller: Caller;
  readonly token: TokenKind;
  readonly certificate: Taken;
  /** Whether the server has tenants. */
  readonly tenants: boolean;
}

const WITHOUT_CREDENTIAL = "The call brings nothing that says who makes it; send authorization: Bearer <token>.";
const NOT_ACCEPTED = "The call brings a token that is not accepted here.";

/** What docs/identity.md says of a method and a situation, as one function. It takes nothing from the code under test. */
export function expectedCell(
  name: string,
  row: WrittenRow,
  { caller, token, certificate, tenants }: Situation,
): Expected {
  if (token === "none" && certificate !== "of the caller" && certificate !== "of another")
    return { status: UNAUTHENTICATED, message: WITHOUT_CREDENTIAL };
  if (token === "expired") return { status: UNAUTHENTICATED, message: /has expired; get a new one\.$/ };
  if (token !== "none" && token !== "good" && !(token === "of no tenant" && !tenants))
    return { status: UNAUTHENTICATED, message: NOT_ACCEPTED };
  if (token === "good" && certificate === "of another") return { status: UNAUTHENTICATED, message: /two principals/ };
  if (row.may !== "*" && !caller.roles.some((role) => row.may.includes(LETTERS[role])))
    return { status: PERMISSION_DENIED, message: `${caller.name} may not call /${name}: none of his roles allows it.` };
  if (!tenants) return { status: row.tenancy === "closed" ? undefined : (row.own ?? 0) };
  if (row.tenancy === "closed")
    return { status: PERMISSION_DENIED, message: "This method is closed where there are tenants." };
  const own = caller.tenant === "acme";
  if (!own && row.tenancy === "names") return { status: NOT_FOUND, message: /^There is no (run|job) acme\.\w+\.$/ };
  if (!own && row.tenancy === "makes")
    return { status: INVALID_ARGUMENT, message: /begins otherwise than with "globex\."/ };
  return { status: row.own ?? 0 };
}

const LETTERS: Readonly<Record<Role, string>> = {
  submitter: "s",
  approver: "a",
  reader: "r",
  operator: "o",
  auditor: "u",
};

/** Whether a cell was answered otherwise. */
export function isWrong(answer: CellAnswer, { status, message }: Expected): boolean {
  if (status === undefined)
    return answer.status === undefined || [PERMISSION_DENIED, UNAUTHENTICATED].includes(answer.status);
  if (answer.status !== status) return true;
  if (message === undefined) return false;
  return typeof message === "string" ? answer.message !== message : !message.test(answer.message);
}
