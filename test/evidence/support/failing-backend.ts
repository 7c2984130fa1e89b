import type { RunHead } from "#evidence";
import type { LogBackend, RunAppend } from "../../../src/evidence/log-backend.ts";

/** Keeps lines in memory, takes a turn of the event loop for everything, and fails when it is told to. */
export class FailingBackend implements LogBackend {
  readonly logs = new Map<string, string[]>();
  readonly blobs = new Map<string, Uint8Array>();
  /** How many writes were asked of it, failed ones included. */
  writes = 0;
  closes = 0;
  /** Number of the write that fails, 1-based; 0 = none. */
  failAtWrite = 0;
  /** Whether the failing write stores its lines all the same: the disk took them and could not say so. */
  storesWhatFails = false;
  failsBlobs = false;
  /** Called at every write, before it is done. */
  onWrite: (appends: readonly RunAppend[]) => void | Promise<void> = () => undefined;

  async write(appends: readonly RunAppend[]): Promise<void> {
    this.writes += 1;
    const fails = this.writes === this.failAtWrite;
    await this.onWrite(appends);
    await new Promise((resolve) => setImmediate(resolve));
    if (fails && !this.storesWhatFails) throw new Error("no space left on device");
    for (const { runId, records } of appends) {
      const lines = this.logs.get(runId) ?? [];
      this.logs.set(runId, lines);
      for (const { line } of records) lines.push(line);
    }
    if (fails) throw new Error("no space left on device");
  }

  read(runId: string, afterSeq: number, limit: number): readonly string[] {
    return (this.logs.get(runId) ?? []).slice(afterSeq + 1, afterSeq + 1 + limit);
  }

  head(runId: string): RunHead | undefined {
    const lines = this.logs.get(runId);
    const last = lines?.at(-1);
    if (lines === undefined || last === undefined) return undefined;
    const { hash, event_type } = JSON.parse(last) as { readonly hash: string; readonly event_type: string };
    return { runId, size: lines.length, hash, completed: event_type === "run.completed" };
  }

  runs(): readonly RunHead[] {
    return [...this.logs.keys()].toReversed().flatMap((runId) => this.head(runId) ?? []);
  }

  openRuns(): readonly RunHead[] {
    return this.runs().filter(({ completed }) => !completed);
  }

  reopenedRuns(): readonly RunHead[] {
    return []; // no test opens a run again here
  }

  putBlob(digest: string, bytes: Uint8Array): void {
    if (this.failsBlobs) throw new Error("no space left on device");
    this.blobs.set(digest, bytes);
  }

  getBlob(digest: string): Uint8Array | undefined {
    return this.blobs.get(digest);
  }

  readBlob(digest: string, start: number): Uint8Array | undefined {
    return this.blobs.get(digest)?.subarray(start, start + 65_536);
  }

  close(): void {
    this.closes += 1;
  }
}
