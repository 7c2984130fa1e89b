/** Where the servers and workers under measure keep evidence; the address stands in a variable. */
export const POSTGRES = {
  url: { environment: "BENCH_POSTGRES_URL" },
  schema: "verbatim_evidence",
  connections: 10,
  lease_seconds: 15,
  unavailable_seconds: 300,
};

/** The same, where workers perform the steps; the queue that prompts them is in the same PostgreSQL. */
export const POSTGRES_WITH_WORKERS = {
  postgres: POSTGRES,
  workers: { queue: { backend: "postgres" as const }, scheduler: true },
};
