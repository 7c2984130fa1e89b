import type { PresentedCertificate, ToldServer } from "#api";
import type { Finding } from "./host.ts";

/** What was seen, without the name of what was looked at. */
export type Seen = Omit<Finding, "name">;

const DAY_MS = 86_400_000;

/** A certificate that ends within this is worth a warning, days. As the server's own. */
const SOON_DAYS = 14;

/** Clocks that differ by more make times in evidence hard to compare, milliseconds. */
const LARGE_DIFFERENCE_MS = 2000;

/** Tokens are believed with this between the clocks, unless the configuration says otherwise, milliseconds. */
const TOLERATED_MS = 30_000;

/** All is well. */
export function ok(detail: string): Seen {
  return { status: "ok", detail };
}

/** It works, and somebody should look. */
export function warning(detail: string): Seen {
  return { status: "warning", detail };
}

/** It does not work. */
export function failed(detail: string): Seen {
  return { status: "failed", detail };
}

/** Which version answers. */
export function versionSeen(
  { version, started_at }: ToldServer,
  { where, version: own }: { readonly where: string; readonly version: string },
): Seen {
  const text = `Verbatim ${version} at ${where}, since ${started_at}`;
  if (version === own) return ok(text);
  return warning(`${text}; this command is ${own}: take the server's, or update the older one`);
}

/** Whether evidence can be kept, and how long it lasts. */
export function storeSeen({ store, store_halted, store_halted_reason }: ToldServer): Seen {
  if (store_halted) {
    const why = store_halted_reason === "" ? "why stands in its log (store.halted)" : store_halted_reason;
    return failed(
      `${store} has halted and takes no records: ${why}. Mend the cause and start the server again; nothing that was told is lost`,
    );
  }
  if (store === "memory") return warning("memory: evidence is lost with the process. Configure another `store`");
  return ok(`${store}, takes records`);
}

/** How long a certificate still holds. */
export function certificateSeen(whose: string, shown: PresentedCertificate | undefined, nowMs: number): Seen {
  if (shown === undefined) return warning(`${whose} could not be looked at: no handshake came to an end`);
  const days = Math.floor((shown.endsMs - nowMs) / DAY_MS);
  const text = `${whose} (${shown.subject}) holds for ${days} days, until ${new Date(shown.endsMs).toISOString()}`;
  if (shown.endsMs <= nowMs)
    return failed(
      `${whose} (${shown.subject}) has expired, ${new Date(shown.endsMs).toISOString()}. Put a new one in its place`,
    );
  return days < SOON_DAYS ? warning(`${text}: put a new one in its place, it is taken without a restart`) : ok(text);
}

/** How far the server's clock is from the one here. The answer was made somewhere between its question and its coming. */
export function clockSeen(
  { now }: ToldServer,
  { askedAt, tookMs }: { readonly askedAt: number; readonly tookMs: number },
): Seen {
  const differenceMs = Date.parse(now) - (askedAt + tookMs / 2);
  if (Number.isNaN(differenceMs)) return warning("the server told no time");
  const exactMs = Math.ceil(tookMs / 2) + 1;
  const text = `the server's clock is ${Math.abs(Math.round(differenceMs))} ms ${differenceMs < 0 ? "behind" : "ahead"} (give or take ${exactMs} ms)`;
  const leastMs = Math.abs(differenceMs) - exactMs;
  if (leastMs > TOLERATED_MS)
    return failed(`${text}: tokens and certificates are judged by it. Set the clock that is wrong`);
  if (leastMs > LARGE_DIFFERENCE_MS)
    return warning(`${text}: times in evidence are the server's. Set the clock that is wrong`);
  return ok(text);
}

/** Whom the server takes the caller for. */
export function callerSeen({ identities, caller }: ToldServer): Seen {
  const { name, roles, tenant, methods } = caller;
  const may = `may call ${methods.length} methods`;
  if (!identities) return ok(`${name}; callers have no roles here, whoever is let in may do everything`);
  const whose = tenant === "" ? "" : `, tenant ${tenant}`;
  if (roles.length > 0) return ok(`${name}${whose}, ${roles.join(", ")}: ${may}`);
  return warning(
    `${name}${whose} has no role and ${may}: give one in the token's claim or under identity.certificates`,
  );
}
