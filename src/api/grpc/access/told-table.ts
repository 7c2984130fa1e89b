import { AUTHORIZATION } from "./authorization-table.ts";
import type { Keeping } from "./rule.ts";

/** A row of the table as it is told. */
export interface AuthorizationRow {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** Roles of which one is needed; undefined = it is enough to have proven who one is. */
  readonly roles: readonly string[] | undefined;
  /** How tenants are kept apart: by the id that is named or made, by what is listed; `shared`, or `closed` to them. */
  readonly tenants: string;
  /** Whether the name of somebody is recorded, which is that of the credential. */
  readonly records_caller: boolean;
}

/** The whole table, in the order of its services. */
export function authorizationRows(): readonly AuthorizationRow[] {
  return [...AUTHORIZATION].map(([method, { may, keeps, actor }]) => ({
    method,
    roles: may === "whoever is known" ? undefined : may,
    tenants: keepingText(keeps),
    records_caller: actor !== undefined,
  }));
}

function keepingText(keeps: Keeping<never>): string {
  if (typeof keeps === "string") return keeps === "lists" ? "lists own" : keeps;
  return "names" in keeps ? `own ${keeps.names}` : `makes ${keeps.makes}`;
}
