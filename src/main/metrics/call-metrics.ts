import { Counter, Histogram } from "prom-client";
import type { Registry } from "prom-client";
import type { EndedCall, OpenNumbers } from "#api";
import { readGauge } from "./families.ts";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** Calls of methods. Methods are those that are served, and codes those of gRPC: so there is a bound on their labels. */
export class CallMetrics {
  readonly #registers: Registry[];
  readonly #ended: Counter<"transport" | "method" | "code">;
  readonly #seconds: Histogram<"transport" | "method">;

  constructor(registers: Registry[]) {
    this.#registers = registers;
    this.#ended = new Counter({
      name: "verbatim_grpc_calls_total",
      help: "Calls that ended, by what they came in by, method and gRPC status. From 0 at each start.",
      labelNames: ["transport", "method", "code"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "verbatim_grpc_call_duration_seconds",
      help: "From the first word of a call to its status. A stream lasts as long as it is read. From 0 at each start.",
      labelNames: ["transport", "method"],
      buckets: SECONDS,
      registers,
    });
  }

  /** Takes note of one call. */
  take({ transport, method, code, milliseconds }: EndedCall): void {
    this.#ended.inc({ transport, method, code });
    this.#seconds.observe({ transport, method }, milliseconds / 1000);
  }

  /** Says where it is known what is open. */
  connect(open: () => OpenNumbers): void {
    const registers = this.#registers;
    readGauge({
      name: "verbatim_open_calls",
      help: "Calls and streams that are under way, on both addresses.",
      registers,
      read: () => [{ value: open().calls }],
    });
    readGauge({
      name: "verbatim_open_connections",
      help: "Connections that are open, by what they came in by.",
      labelNames: ["transport"],
      registers,
      read: () => {
        const { grpcConnections, httpConnections } = open();
        return [
          { labels: { transport: "grpc" }, value: grpcConnections },
          { labels: { transport: "http" }, value: httpConnections },
        ];
      },
    });
  }
}
