import type { JsonObject } from "#model";
import type { Source } from "./source.ts";

/** What Executioner does where its file says nothing. */
const USUAL = { delaySeconds: 30, backoff: 1.5, jitter: 0.1, elapsedSeconds: 1800 };

/** What a plan can say at most. */
const MOST = { retries: 99, seconds: 86_400, factor: 10 };

/** What sums of fractions can be off by, in seconds. */
const ROUNDING_SECONDS = 1e-6;

/** The longest wait that a plan has where it does not say another, in seconds. */
const USUAL_WAIT_SECONDS = 60;

/** Which failures are meant by a status of Executioner. */
const CLASS_OF_STATUS: Readonly<Record<string, string>> = {
  ERROR: "transient_io",
  FAILED: "unknown",
  TIMEOUT: "timeout",
};

/** The members that are about trying again, without the prefix that they have for all jobs. */
const MEMBERS = [
  "max_retries",
  "retry_delay",
  "retry_backoff",
  "retry_jitter",
  "max_retry_time",
  "retry_on_status",
  "retry_on_exit_codes",
] as const;

type Member = (typeof MEMBERS)[number];

/** Where the members of a retry stand: those of the job go before those for all jobs. */
interface RetryPlaces {
  readonly all: Source;
  readonly job: Source;
}

/**
 * When a job is tried again; undefined = never. The members stand in the job itself or in its `retry_config`, and for all jobs
 * with `default_` before their names.
 */
export function convertRetry({ all, job }: RetryPlaces): JsonObject | undefined {
  const own = job.map("retry_config");
  const members = new RetryMembers(all, own === undefined ? [job] : [own, job]);
  const retries = members.number("max_retries", { usual: 0, least: 0, most: MOST.retries });
  const classes = errorClasses(members);
  const delay = members.number("retry_delay", { usual: USUAL.delaySeconds, least: 0, most: MOST.seconds });
  const factor = members.number("retry_backoff", { usual: USUAL.backoff, least: 1, most: MOST.factor });
  const jitter = members.number("retry_jitter", { usual: USUAL.jitter, least: 0, most: 1 });
  const elapsed = members.number("max_retry_time", { usual: USUAL.elapsedSeconds, least: 0, most: MOST.seconds });
  const codes = exitCodes(members);
  own?.tellRest();
  if (retries < 1 || classes.length === 0) {
    if (retries < 1) members.tellUnused();
    return undefined;
  }
  if (codes !== undefined && classes.length > 1)
    job.changed(
      ["retry_on_exit_codes"],
      "narrows what is tried again: class and exit code have to match both, and what has no exit code is not tried again",
    );
  const longest = Math.min(MOST.seconds, delay * factor ** (retries - 1) * (1 + jitter));
  return {
    max_attempts: Math.floor(retries) + 1,
    on: classes,
    ...(codes !== undefined && { on_exit_codes: codes }),
    backoff: {
      base_seconds: Math.max(delay, 0.001),
      factor,
      ...(longest > USUAL_WAIT_SECONDS && { max_seconds: Math.ceil(longest - ROUNDING_SECONDS) }),
      jitter,
    },
    ...(elapsed > 0 && { max_elapsed_seconds: elapsed }),
  };
}

function errorClasses(members: RetryMembers): readonly string[] {
  const found = members.find("retry_on_status");
  if (found === undefined) return Object.values(CLASS_OF_STATUS);
  const statuses = found.source.list(found.name);
  const classes = statuses.flatMap((status, at) => {
    const known = CLASS_OF_STATUS[String(status)];
    if (known === undefined)
      found.source.leftOut([found.name, at], "is no status that can be tried again and was left out");
    return known === undefined ? [] : [known];
  });
  // Without a status it was the exit code that decided.
  return classes.length === 0 && members.find("retry_on_exit_codes") !== undefined
    ? ["unknown"]
    : [...new Set(classes)];
}

function exitCodes(members: RetryMembers): readonly number[] | undefined {
  const found = members.find("retry_on_exit_codes");
  if (found === undefined) return undefined;
  const codes = found.source.list(found.name).filter((code, at): code is number => {
    const is = typeof code === "number" && Number.isInteger(code) && code >= 0 && code <= 255;
    if (!is) found.source.leftOut([found.name, at], "is no exit code, 0 to 255, and was left out");
    return is;
  });
  return codes.length === 0 ? undefined : codes;
}

interface FoundMember {
  readonly source: Source;
  readonly name: string;
}

/** Finds each member of a retry in the first place that has it. */
class RetryMembers {
  readonly #all: Source;
  readonly #own: readonly Source[];

  constructor(all: Source, own: readonly Source[]) {
    this.#all = all;
    this.#own = own;
    for (const member of MEMBERS) this.find(member);
  }

  find(member: Member): FoundMember | undefined {
    const places = [
      ...this.#own.map((source) => ({ source, name: member as string })), // a member is a text
      { source: this.#all, name: `default_${member}` },
    ];
    const values = places.map(({ source, name }) => source.any(name)); // all are asked for, also those that are gone before
    return places.find((_place, at) => values[at] !== undefined);
  }

  number(
    member: Member,
    { usual, least, most }: { readonly usual: number; readonly least: number; readonly most: number },
  ): number {
    const found = this.find(member);
    const value = found?.source.number(found.name);
    if (found === undefined || value === undefined) return usual;
    const near = Math.min(most, Math.max(least, value));
    if (near !== value)
      found.source.leftOut([found.name], `is ${value}; a plan has ${least} to ${most}, and so it has ${near}`);
    return near;
  }

  /** Where there is no retry, the job's own members about it say nothing. */
  tellUnused(): void {
    for (const member of MEMBERS.slice(1)) {
      const found = this.find(member);
      if (found !== undefined && found.source !== this.#all)
        found.source.changed([found.name], "says nothing without max_retries");
    }
  }
}
