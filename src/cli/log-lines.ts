import type { VerbatimClient } from "#api";
import { lineBatches } from "#evidence";
import { Fault } from "#model";

/** The exact lines of a run's log, as its server gives them. @throws {Fault} EVIDENCE_BROKEN if one is not UTF-8. */
export async function* linesOfRun({ evidence }: VerbatimClient, runId: string): AsyncGenerator<string, void, void> {
  let line = 0;
  for await (const { lines } of evidence.readLog({ runId })) {
    for (const { line: bytes } of lines) yield decoded(bytes, { source: `run ${runId}`, line: (line += 1) });
  }
}

/**
 * The lines of a log that lies in a file.
 * @throws {Fault} EVIDENCE_BROKEN if one is not UTF-8 or the last is cut. @throws the file system's error if it cannot be read.
 */
export async function* linesOfFile(path: string): AsyncGenerator<string, void, void> {
  let line = 0;
  for await (const lines of lineBatches(path)) {
    for (const { bytes, whole } of lines) {
      line += 1;
      if (!whole)
        throw new Fault("EVIDENCE_BROKEN", `Line ${line} of ${path} has no line feed: the log was cut there.`);
      yield decoded(bytes, { source: path, line });
    }
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decoded(bytes: Uint8Array, place: { readonly source: string; readonly line: number }): string {
  try {
    return DECODER.decode(bytes);
  } catch (cause) {
    throw new Fault("EVIDENCE_BROKEN", `Line ${place.line} of ${place.source} is not UTF-8.`, { cause });
  }
}
