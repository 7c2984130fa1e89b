import type { HandedEnd } from "./perform-handed-job.ts";

/** What a worker tells of itself, for the log of its process. */
export type WorkerNews =
  | (HandedEnd & { readonly runId: string })
  /** Another process has claimed the run. */
  | { readonly kind: "fenced"; readonly runId: string }
  /** Something went wrong around a job, or at a look; the store is asked again later. */
  | { readonly kind: "failed"; readonly runId: string | undefined; readonly error: unknown }
  | { readonly kind: "queue unavailable"; readonly error: unknown }
  | { readonly kind: "queue available" };
