import { isMap } from "./source.ts";
import type { Source } from "./source.ts";

const KEY_CHARACTERS = 64;

/** A job of the file, and the key that it has in the plan. */
export interface KeyedJob {
  readonly id: string;
  readonly key: string;
  readonly job: Source;
}

/** The jobs with their keys: their ids, or what is near to them where a key cannot be written as they are. */
export function jobKeys(all: Source): readonly KeyedJob[] {
  const jobs = all.any("jobs");
  if (!Array.isArray(jobs)) {
    all.problem(["jobs"], "is missing, or is no list; is this a file of Executioner?");
    return [];
  }
  const seen = new Set<string>();
  const taken = new Set<string>();
  return (jobs as readonly unknown[]).flatMap((value, at) => {
    const job = isMap(value) ? all.inside(value, "jobs", at) : undefined;
    const id = job?.text("id");
    if (job === undefined || id === undefined) {
      all.problem(["jobs", at], "has no id; each job needs one");
      return [];
    }
    if (seen.has(id)) {
      job.problem(["id"], `is ${JSON.stringify(id)}, which another job has already; give each its own`);
      return [];
    }
    seen.add(id);
    const key = freeKey(id, taken);
    taken.add(key);
    if (key !== id) job.changed(["id"], `is ${JSON.stringify(id)}, which no key can be; in the plan it is ${key}`);
    return [{ id, key, job }];
  });
}

function freeKey(id: string, taken: ReadonlySet<string>): string {
  const plain = id.replaceAll(/[^A-Za-z0-9_-]/g, "_").replace(/^(?![A-Za-z0-9])/, "job");
  let key = plain.slice(0, KEY_CHARACTERS);
  for (let number = 2; taken.has(key); number += 1) {
    const end = `-${number}`;
    key = plain.slice(0, KEY_CHARACTERS - end.length) + end;
  }
  return key;
}
