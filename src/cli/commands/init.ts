import { fileURLToPath } from "node:url";
import { EXIT } from "../exit-codes.ts";
import { fileText } from "../file-text.ts";
import { writeIfAbsent, writeNewFile } from "../new-file.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

const PLAN = "plan.yaml";
const CONFIGURATION = "verbatim.yaml";

/**
 * `verbatim init [FILE]`: a sample plan, and a configuration that permits what it uses where there is none yet.
 * @throws {Fault} INVALID_REQUEST if the file is there already.
 */
export async function init(file: string | undefined, { stdout, json }: Session): Promise<number> {
  const plan = file ?? PLAN;
  await writeNewFile(plan, await sample("plan.yaml"));
  const configured = await writeIfAbsent(CONFIGURATION, await sample("verbatim.yaml"));
  const written = configured ? [plan, CONFIGURATION] : [plan];
  if (json) {
    await stdout.json(`${JSON.stringify({ written, kept: configured ? [] : [CONFIGURATION] })}\n`);
    return EXIT.succeeded;
  }
  await stdout.line(`Wrote ${safeText(plan)}, a sample plan.`);
  await stdout.line(
    configured
      ? `Wrote ${CONFIGURATION}, which permits what the sample uses.`
      : `Kept ${CONFIGURATION}, which was there: it has to permit what the sample uses.`,
  );
  return EXIT.succeeded;
}

/** The samples are files of their own, beside the code. */
async function sample(name: string): Promise<string> {
  return await fileText(fileURLToPath(new URL(`../sample/${name}`, import.meta.url)), "sample");
}
