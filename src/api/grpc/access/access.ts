import type { Clock } from "#model";
import { Fault } from "#model";
import type { PrincipalBounds } from "../../identity/identity-options.ts";
import type { Principal } from "../../identity/principal.ts";
import { AUTHORIZATION } from "./authorization-table.ts";
import { Denials } from "./denials.ts";
import type { Denial, DenialKind } from "./denials.ts";
import { PrincipalLimits } from "./principal-limits.ts";
import type { ErasedRule, May } from "./rule.ts";

/** What access is made with. */
export interface AccessOptions {
  readonly clock: Clock;
  /** Absent = nobody is bounded: there are no identities. */
  readonly bounds?: PrincipalBounds | undefined;
  /** Told of denials. Must not throw. */
  readonly onDenied: (denial: Denial) => void;
  /** Told of each denial by itself. Must not throw; absent = nobody is. */
  readonly onEachDenial?: ((denial: Omit<Denial, "count">) => void) | undefined;
  /** Default {@link AUTHORIZATION}. */
  readonly table?: ReadonlyMap<string, ErasedRule>;
}

/** Says of each call whether it may come in, before anything of its request is read. One for all ports of a server. */
export class Access {
  readonly #table: ReadonlyMap<string, ErasedRule>;
  readonly #limits: PrincipalLimits | undefined;
  readonly #denials: Denials;

  constructor({ clock, bounds, onDenied, onEachDenial, table = AUTHORIZATION }: AccessOptions) {
    this.#table = table;
    this.#limits = bounds && new PrincipalLimits(bounds, clock);
    this.#denials = new Denials({ clock, report: onDenied, ...(onEachDenial && { onEach: onEachDenial }) });
  }

  /** How many calls were denied since the start, by kind. */
  get totals(): Readonly<Record<DenialKind, number>> {
    return this.#denials.totals;
  }

  /**
   * What is mounted has to stand in the table.
   * @throws {Fault} INVALID_CONFIGURATION that names every method without a row.
   */
  requireRows(paths: Iterable<string>): void {
    const violations = [...paths]
      .filter((path) => !this.#table.has(path))
      .map((path) => ({ field: path, description: "has no row in the authorization table, so nobody may call it" }));
    if (violations.length === 0) return;
    const text = `The server would serve methods that nobody has said who may call: ${violations.map(({ field }) => field).join(", ")}.`;
    throw new Fault("INVALID_CONFIGURATION", text, { violations });
  }

  /**
   * Lets a call in; what is returned has to be called once it is over.
   * @throws {Fault} PERMISSION_DENIED, RATE_LIMITED
   */
  enter(principal: Principal, path: string): () => void {
    const { name, proven } = principal;
    const entered = proven?.bounded === true ? this.#limits?.enter(principal) : undefined;
    if (entered !== undefined && "fault" in entered) {
      this.#denials.note({
        kind: entered.kind,
        principal: name,
        method: this.#methodOf(path),
        detail: entered.fault.message,
      });
      throw entered.fault;
    }
    const leave = entered?.leave ?? nothing;
    const rule = this.#table.get(path);
    if (!mayCall(principal, rule?.may)) {
      leave();
      this.denied(principal, path, rolesText(principal));
      throw new Fault("PERMISSION_DENIED", `${name} may not call ${path}: none of his roles allows it.`);
    }
    if (rule?.keeps === "closed" && proven?.tenant !== undefined) {
      leave();
      this.denied(principal, path, `is of tenant ${proven.tenant}, and this is closed where there are tenants`);
      throw new Fault("PERMISSION_DENIED", "This method is closed where there are tenants.");
    }
    return leave;
  }

  /** Counts a call that was let in, and asked for what its caller may not. */
  denied(principal: Principal, path: string, detail: string): void {
    this.#denials.note({ kind: "permission", principal: principal.name, method: this.#methodOf(path), detail });
  }

  /** Counts a call of which nobody knows who makes it; `peer` is the address that it came from. */
  refused(path: string, fault: unknown, peer?: string): void {
    const cause = fault instanceof Error && fault.cause instanceof Error ? fault.cause : fault;
    const detail = (cause instanceof Error ? cause.message : String(cause)).slice(0, 256);
    const method = this.#methodOf(path);
    this.#denials.note({ kind: "unauthenticated", principal: "", method, detail, ...(peer !== undefined && { peer }) });
  }

  /** A caller must not choose what is remembered of him. */
  #methodOf(path: string): string {
    return this.#table.has(path) ? path : "other";
  }

  /** Tells what was counted and not told. */
  close(): void {
    this.#denials.flush();
  }
}

/** Whether it says that nobody knows who calls; a server that is busy says nothing of him. */
export function isUnknown(error: unknown): boolean {
  return !(error instanceof Fault) || error.code === "UNAUTHENTICATED" || error.code === "PERMISSION_DENIED";
}

/** Whether somebody may, by his roles alone. No row is no right. */
export function mayCall({ proven }: Principal, may: May | undefined): boolean {
  if (may === undefined) return false;
  if (proven === undefined || may === "whoever is known") return true;
  return may.some((role) => proven.roles.has(role));
}

function rolesText({ proven }: Principal): string {
  const roles = [...(proven?.roles ?? [])];
  return roles.length === 0 ? "has no role" : `has ${roles.join(", ")}`;
}

function nothing(): void {
  // nobody counts
}
