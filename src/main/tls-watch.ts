import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { dirname } from "node:path";
import { certificateEnds } from "#api";
import type { GrpcServer, TlsMaterial } from "#api";
import { LIMITS } from "#model";
import type { EventLog } from "./log-events.ts";
import { readTlsFiles } from "./server-tls.ts";
import type { TlsFiles } from "./server-tls.ts";
import { systemClock } from "./system-clock.ts";

/** A certificate that ends within this is told of, days. */
const SOON_DAYS = 14;

const DAY_MS = 86_400_000;

/** After the first word of a change, how long the rest of it is waited for: a key is written beside its certificate. Milliseconds. */
const SETTLE_MS = 300;

/** What is watched over. */
export interface TlsWatchOptions {
  readonly files: TlsFiles;
  /** What the server has started with. */
  readonly material: TlsMaterial;
  readonly server: Pick<GrpcServer, "replaceTls">;
  readonly log: EventLog;
  /** How often the files are looked at, whatever the system tells of them; default `LIMITS.tlsLookSeconds`. */
  readonly lookSeconds?: number;
}

/** Has the server speak TLS with the files as they are, and tells of certificates that end soon. */
export class TlsWatch implements Disposable {
  readonly #options: TlsWatchOptions;
  readonly #watchers: FSWatcher[] = [];
  #inForce: string;
  #material: TlsMaterial;
  #problem: string | undefined;
  #toldEndsMs = -Infinity;
  #disarmLook: (() => void) | undefined;
  #disarmSettle: (() => void) | undefined;

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#material = options.material;
    this.#inForce = JSON.stringify(options.material);
    this.#listen();
    this.#tellEnds();
    this.#arm();
  }

  /** Looks no more. Safe to call twice. */
  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#disarmLook?.();
    this.#disarmSettle?.();
  }

  /** Of the directories: whoever changes a file whole moves another one to its place. */
  #listen(): void {
    const { certificate, key, clientCa } = this.#options.files;
    const directories = new Set([certificate, key, ...(clientCa ? [clientCa] : [])].map(({ path }) => dirname(path)));
    for (const directory of directories) {
      try {
        const watcher = watch(directory, { persistent: false }, () => this.#settle());
        watcher.on("error", () => watcher.close()); // it is looked at every so often all the same
        this.#watchers.push(watcher);
      } catch {
        // as above
      }
    }
  }

  #settle(): void {
    this.#disarmSettle?.();
    this.#disarmSettle = systemClock.after(SETTLE_MS, () => this.#look());
  }

  #arm(): void {
    const { lookSeconds = LIMITS.tlsLookSeconds } = this.#options;
    this.#disarmLook = systemClock.after(lookSeconds * 1000, () => {
      this.#look();
      this.#tellEnds();
      this.#arm();
    });
  }

  /** Files that cannot be spoken with leave those before in force; that is told once for each thing that is wrong. */
  #look(): void {
    const { files, server, log } = this.#options;
    try {
      const material = readTlsFiles(files);
      const text = JSON.stringify(material);
      if (text !== this.#inForce) {
        server.replaceTls(material);
        this.#inForce = text;
        this.#material = material;
        log("tls.reloaded", { certificates: endsOf(material) });
        this.#toldEndsMs = -Infinity;
        this.#tellEnds();
      }
      this.#problem = undefined;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem === this.#problem) return;
      this.#problem = problem;
      log("tls.refused", { problem, in_force: endsOf(this.#material) });
    }
  }

  /** Once a day. */
  #tellEnds(): void {
    const nowMs = Date.parse(systemClock.now());
    if (systemClock.monotonicMs() - this.#toldEndsMs < DAY_MS) return;
    this.#toldEndsMs = systemClock.monotonicMs();
    for (const { field, subject, endsMs } of certificateEnds(this.#material)) {
      const daysLeft = Math.floor((endsMs - nowMs) / DAY_MS);
      if (daysLeft >= SOON_DAYS) continue;
      const facts = { field, subject, ends: new Date(endsMs).toISOString(), days_left: daysLeft };
      this.#options.log(endsMs < nowMs ? "tls.expired" : "tls.expires", facts);
    }
  }
}

function endsOf(material: TlsMaterial) {
  return certificateEnds(material).map(({ field, subject, endsMs }) => ({
    field,
    subject,
    ends: new Date(endsMs).toISOString(),
  }));
}
