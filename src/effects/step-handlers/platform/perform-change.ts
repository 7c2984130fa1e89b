import type { PlatformWrite } from "../../platform/platform-write.ts";
import { PlatformRefusal } from "../../platform/platform-write.ts";
import type { StepOutput } from "../../step-handler.ts";
import { failure } from "../failure.ts";

/** SQLite's codes for what may pass: another writer was in the way, the disk is full, the system refused. */
const PASSING_CODES: ReadonlySet<number> = new Set([5, 10, 13]);

/** Performs one write to the platform. A refusal is `permanent`, trouble with the file `transient_io`; nothing was written then. */
export function performChange(write: () => PlatformWrite): StepOutput {
  try {
    return { success: true, output: { ...write() } };
  } catch (error) {
    if (error instanceof PlatformRefusal) return failure(error.message, "permanent");
    if (!(error instanceof Error) || !("errcode" in error)) throw error;
    const passes = PASSING_CODES.has(Number(error.errcode) & 0xff); // extended codes carry the plain one in their last byte
    return failure(`the platform's file cannot be written: ${error.message}`, passes ? "transient_io" : "permanent");
  }
}
