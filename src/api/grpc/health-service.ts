import { Fault } from "#model";
import type { HealthCheckResponse } from "../gen/grpc/health/v1/health_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "../gen/grpc/health/v1/health_pb.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";

/** The health of a server and its services, which go up and down together. */
export class HealthState {
  readonly #names: ReadonlySet<string>;
  readonly #mayServe: () => boolean;
  #serving = true;
  #ended = false;
  #change = Promise.withResolvers<void>();

  /** `mayServe` is asked at every answer: a server whose store takes nothing serves nothing. */
  constructor(serviceNames: Iterable<string>, mayServe: () => boolean) {
    this.#names = new Set(["", ...serviceNames]);
    this.#mayServe = mayServe;
  }

  /** Every name that is known, the server itself as the empty one. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Whether the watches have been ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** SERVING or NOT_SERVING; SERVICE_UNKNOWN for a name that is not served here. */
  status(name: string): ServingStatus {
    if (!this.#names.has(name)) return ServingStatus.SERVICE_UNKNOWN;
    return this.#serving && this.#mayServe() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  /** Tells watchers, and whoever asks from now on. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    this.#announce();
  }

  /** Lets every watch tell its last status and end. */
  endWatches(): void {
    this.#ended = true;
    this.#announce();
  }

  /** Resolves at the next change. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  #announce(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}

/** `grpc.health.v1.Health`. */
export function healthService(health: HealthState): MountedService {
  return mount(Health, {
    check({ service }) {
      const status = health.status(service);
      if (status !== ServingStatus.SERVICE_UNKNOWN) return Promise.resolve(answer(status));
      return Promise.reject(new Fault("RUN_NOT_FOUND", `There is no service ${service} here.`));
    },
    async *watch({ service }, { signal }) {
      const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      let told: ServingStatus | undefined;
      while (!signal.aborted) {
        const changed = health.changed(); // before the status is read: what changes while it is told is seen then
        const status = health.status(service);
        const last = health.ended;
        if (status !== told) yield answer(status);
        told = status;
        if (last) return;
        await Promise.race([changed, gone]);
      }
    },
    list() {
      const statuses = Object.fromEntries([...health.names].map((name) => [name, answer(health.status(name))]));
      return Promise.resolve({ $typeName: "grpc.health.v1.HealthListResponse", statuses });
    },
  });
}

function answer(status: ServingStatus): HealthCheckResponse {
  return { $typeName: "grpc.health.v1.HealthCheckResponse", status };
}
