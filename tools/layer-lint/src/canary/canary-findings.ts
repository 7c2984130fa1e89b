import type { Config } from "../config/read-config.ts";
import type { Finding, Place } from "../report/finding.ts";
import type { CanaryReport } from "./canary-report.ts";

const TOP = { line: 1, column: 1 };

/** What a canary that fell silent leaves unproven: a law that cannot be seen to bite proves nothing by being kept. */
export function canaryFindings({ ok, refused, laws }: CanaryReport, config: Config | undefined): Finding[] {
  if (ok) return [];
  const file = config?.file ?? "layers.json";
  const placeOf = (law: string): Place => ({ file, ...(config?.places.at(["laws", law]) ?? TOP) });
  const silent = laws
    .filter(({ planted, missed }) => planted === 0 || missed.length > 0)
    .map(({ law, planted, missed }) => {
      const message =
        planted === 0
          ? `The canary is blind to ${law}: nothing could be planted that it would have to see`
          : `The canary was not caught: ${law} missed ${missed.length} of ${planted} planted (${missed.join(", ")})`;
      return finding(law, { ...placeOf(law), message });
    });
  if (silent.length > 0) return silent;
  return [finding("CONFIG", { file, ...TOP, message: `The canary could not sing: ${refused ?? "no law is checked"}` })];
}

function finding(law: string, { message, ...place }: Place & { readonly message: string }): Finding {
  return {
    severity: "unproven",
    law,
    rule: "canary",
    ...place,
    message,
    chain: [],
    why: "A checker that cannot go red proves nothing.",
    help: "Mend the configuration so that the law can be broken, remove the law, or report what the checker does not see.",
  };
}
