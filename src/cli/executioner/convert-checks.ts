import type { JsonObject } from "#model";
import { isMap } from "./source.ts";
import type { Source } from "./source.ts";

/** What a check of Executioner looks for in a log. */
const LOG_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  check_no_ora_errors: ["ORA-"],
  check_no_ora_or_sp2_errors: ["ORA-", "SP2-"],
};

/** The checks of a job as steps. A check that is left out is told: without it the job succeeds more easily. */
export function convertChecks(job: Source, name: "pre_checks" | "post_checks"): readonly JsonObject[] {
  return job.list(name).flatMap((check, at) => {
    if (!isMap(check)) {
      job.leftOut([name, at], "is no check, which has a name and params, and was left out");
      return [];
    }
    const source = job.inside(check, name, at);
    const step = convertCheck(source);
    source.tellRest();
    return step === undefined ? [] : [step];
  });
}

function convertCheck(check: Source): JsonObject | undefined {
  const name = check.text("name") ?? "";
  const params = check.map("params");
  const patterns = LOG_PATTERNS[name];
  if (patterns === undefined && name !== "check_file_exists") {
    check.leftOut(
      [],
      `${JSON.stringify(name)} has no counterpart and was left out; look with a step such as check.command`,
    );
    return undefined;
  }
  const member = patterns === undefined ? "path" : "log_file";
  const path = params?.text(member);
  params?.tellRest();
  if (path === undefined || path === "") {
    check.leftOut([], `has no params.${member} and was left out`);
    return undefined;
  }
  if (patterns === undefined) return { step_type: "check.file_exists", parameters: { path } };
  if (/[*?[]/.test(path)) {
    check.leftOut(
      ["params", member],
      "names several files and was left out; a check looks at one, so add one for each",
    );
    return undefined;
  }
  return { step_type: "check.log_clean", parameters: { path, patterns } };
}
