import { sha256 } from "./reference-format.ts";

/** Lines whose chain holds although their bodies are any text: what the owner of a log could write. */
export function sealedLines(runId: string, bodies: readonly string[]): readonly string[] {
  let previous = sha256(`evidence/v1\n${runId}`);
  return bodies.map((body) => {
    previous = sha256(`${previous}\n${body}`);
    return `${body.slice(0, -1)},"hash":"${previous}"}`;
  });
}
