import { collectDefaultMetrics, Registry } from "prom-client";
import type { EndedCall, OpenNumbers, SidePage, WebhookNews } from "#api";
import type { CommitWatch, LogStoreOptions } from "#evidence";
import type { Clock } from "#model";
import type { RelayNumbers, WatchedNumbers, WorkNews } from "#orchestration";
import { CallMetrics } from "./call-metrics.ts";
import { EvidenceMetrics } from "./evidence-metrics.ts";
import { HookMetrics } from "./hook-metrics.ts";
import { addWorkMetrics } from "./work-metrics.ts";
import { infoGauge } from "./families.ts";

/** Where the numbers are that somebody else keeps. Asked when the page is read, never before. */
export interface MetricSources {
  /** Numbers of the workers and their work; absent = the configuration has no hooks. @throws if they cannot be told now. */
  readonly work?: () => Promise<WatchedNumbers>;
  /** The step types of this server: no other capability gets a label of its own. */
  readonly capabilities: readonly string[];
  readonly relay: () => RelayNumbers | undefined;
  /** Whether a store has halted, by its name. */
  readonly halted: () => Readonly<Record<string, boolean>>;
  readonly open: () => OpenNumbers;
}

/** How a server's metrics are made. */
export interface ServerMetricsOptions {
  readonly clock: Clock;
  /** Labels of `verbatim_build_info`. */
  readonly build: Readonly<Record<"version" | "node" | "store", string>>;
  /** Told of what could not be read for the page. */
  readonly onProblem: (error: unknown) => void;
}

/** Who reads the page more often is told the same again. */
const LEAST_MS = 1000;

/**
 * The metrics of one server, in a registry of its own. What happens is told to it as it happens, and costs an addition; what others know is
 * asked for when the page is read.
 */
export class ServerMetrics {
  readonly #options: ServerMetricsOptions;
  readonly #registry = new Registry();
  readonly #calls: CallMetrics;
  readonly #evidence: EvidenceMetrics;
  readonly #hooks: HookMetrics;
  #askFirst: (() => Promise<void>) | undefined;
  #made: { readonly text: Promise<string>; readonly atMs: number } | undefined;

  constructor(options: ServerMetricsOptions) {
    this.#options = options;
    const registers = [this.#registry];
    this.#calls = new CallMetrics(registers);
    this.#evidence = new EvidenceMetrics(registers);
    this.#hooks = new HookMetrics(registers);
    infoGauge({ name: "verbatim_build_info", help: "1, with what runs in its labels.", registers }, options.build);
    // It watches garbage collection and the event loop for as long as the process lives: a server is made once in one.
    collectDefaultMetrics({ register: this.#registry });
  }

  /** Watches the writes of the evidence store. */
  get commitWatch(): CommitWatch {
    const { clock } = this.#options;
    return { monotonicMs: () => clock.monotonicMs(), onWritten: this.#evidence.onWritten };
  }

  /** Told of what the evidence store has committed. */
  readonly onCommit: NonNullable<LogStoreOptions["onCommit"]> = (appends) => this.#evidence.onCommit(appends);

  /** Told of each call that ends. */
  readonly onCall = (call: EndedCall): void => this.#calls.take(call);

  /** Told of what becomes of hooks. */
  readonly onWork = (news: WorkNews): void => this.#hooks.takeWork(news);

  /** Told of each delivery. */
  readonly onWebhook = (news: WebhookNews): void => this.#hooks.takeWebhook(news);

  /** Says where the other numbers are. Call it once. */
  connect(sources: MetricSources): void {
    const registers = [this.#registry];
    const { onProblem } = this.#options;
    this.#calls.connect(sources.open);
    this.#evidence.connect(sources.halted);
    this.#hooks.connect(sources.relay);
    const { work: numbers, capabilities } = sources;
    if (numbers !== undefined) this.#askFirst = addWorkMetrics(registers, { numbers, capabilities, onProblem });
  }

  /** The page in the text format of Prometheus. */
  readonly page = async (): Promise<SidePage> => {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#made === undefined || nowMs - this.#made.atMs >= LEAST_MS)
      this.#made = { text: this.#text(), atMs: nowMs };
    return { contentType: this.#registry.contentType, text: await this.#made.text };
  };

  async #text(): Promise<string> {
    await this.#askFirst?.();
    return await this.#registry.metrics();
  }

  /** Lets go of everything. */
  close(): void {
    this.#registry.clear();
  }
}
