import { Counter } from "prom-client";
import type { Registry } from "prom-client";
import type { WebhookNews } from "#api";
import type { RelayNumbers, WorkNews } from "#orchestration";
import { oneIf, readCounter, readGauge } from "./families.ts";

/** Changes, deliveries and the outbox. Entities are those that a file of hooks declares, endpoints those of the configuration. */
export class HookMetrics {
  readonly #registers: Registry[];
  readonly #matched: Counter<"entity" | "operation">;
  readonly #failed: Counter<"operation">;
  readonly #deliveries: Counter<"endpoint" | "outcome">;
  readonly #refusals: Counter<"endpoint" | "reason">;

  constructor(registers: Registry[]) {
    this.#registers = registers;
    this.#matched = new Counter({
      name: "verbatim_hooks_matched_total",
      help: "Changes that a hook followed. From 0 at each start.",
      labelNames: ["entity", "operation"],
      registers,
    });
    this.#failed = new Counter({
      name: "verbatim_hooks_failed_total",
      help: "Changes that could not be taken in. From 0 at each start.",
      labelNames: ["operation"],
      registers,
    });
    this.#deliveries = new Counter({
      name: "verbatim_webhook_deliveries_total",
      help: "Deliveries to webhooks, by what became of them. From 0 at each start.",
      labelNames: ["endpoint", "outcome"],
      registers,
    });
    this.#refusals = new Counter({
      name: "verbatim_webhook_refusals_total",
      help: "Deliveries that were refused, by the reason that their senders are not told. From 0 at each start.",
      labelNames: ["endpoint", "reason"],
      registers,
    });
  }

  /** Takes note of what became of a change. */
  takeWork(news: WorkNews): void {
    if (news.kind === "hook matched") this.#matched.inc({ entity: news.entity, operation: news.operation });
    else if (news.kind === "hook failed") this.#failed.inc({ operation: news.operation });
  }

  /** Takes note of a delivery. */
  takeWebhook(news: WebhookNews): void {
    const { endpoint, outcome } = news;
    this.#deliveries.inc({ endpoint, outcome });
    if (outcome === "refused") this.#refusals.inc({ endpoint, reason: news.reason });
  }

  /** Says where it is known how far the outbox is behind; without one there are no such metrics. */
  connect(relay: () => RelayNumbers | undefined): void {
    if (relay() === undefined) return;
    const registers = this.#registers;
    const numberOf = (read: (numbers: RelayNumbers) => number) => () => {
      const numbers = relay();
      return numbers === undefined ? [] : [{ value: read(numbers) }];
    };
    readGauge({
      name: "verbatim_outbox_lag_seconds",
      help: "No change has waited in the outbox for longer; 0 = none waited when it was last looked at.",
      registers,
      read: numberOf(({ lagSeconds }) => lagSeconds),
    });
    readGauge({
      name: "verbatim_outbox_available",
      help: "1 = the database of the outbox answered when it was last asked.",
      registers,
      read: numberOf(({ available }) => oneIf(available)),
    });
    readCounter({
      name: "verbatim_outbox_taken_total",
      help: "Changes that were taken from the outbox. From 0 at each start.",
      registers,
      read: numberOf(({ takenIn }) => takenIn),
    });
    readCounter({
      name: "verbatim_outbox_set_aside_total",
      help: "Rows of the outbox that were set aside, because they cannot be taken in. From 0 at each start.",
      registers,
      read: numberOf(({ setAside }) => setAside),
    });
  }
}
