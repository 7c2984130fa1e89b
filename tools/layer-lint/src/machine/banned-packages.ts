import type { Project } from "../project.ts";
import type { Breach } from "../report/finding.ts";
import type { MachineLaw } from "./fault.ts";

/** Packages that do a thing again until it succeeds. By the names that they were published under. */
const RETRYING = new Set(
  words(`
    retry p-retry async-retry promise-retry ts-retry ts-retry-promise retry-ts retry-axios axios-retry fetch-retry
    exponential-backoff backoff backo2 cockatiel opossum attempt @lifeomic/attempt poll-until-promise p-wait-for
    promise-poller bull bullmq bee-queue agenda node-retry retry-as-promised @vercel/retry superagent-retry
    cenkalti-backoff resilience-typescript mollitia perseverance brakes
  `),
);

/** Packages that do several things at once, or in another order. */
const CONCURRENT = new Set(
  words(`
    p-limit p-map p-all p-queue p-any p-race p-some p-series p-throttle p-settle promise-pool async bluebird bottleneck
    @supercharge/promise-pool fastq queue better-queue piscina workerpool tinypool threads throat promise-limit
    promise.allsettled async-pool tiny-async-pool es6-promise-pool async-sema
  `),
);

/** Retry and concurrency packages that the layer loads, directly or by way of others, under whatever name. */
export function bannedPackages(law: MachineLaw, layer: string, { graph, layout, machine }: Project): Breach[] {
  if (machine.bannedPackages === undefined) return [];
  const banned = law === "call-once" ? RETRYING.union(CONCURRENT) : law === "in-order" ? CONCURRENT : undefined;
  if (banned === undefined) return [];
  const area = layout.area(layer);
  return graph.externals
    .filter(({ file, typeOnly, external }) => area.contains(file) && !typeOnly && external.kind === "package")
    .flatMap(({ file, line, column, specifier, external }): Breach[] =>
      graph
        .packagesReachedFrom(file)
        .filter(({ name, chain }) => banned.has(name) && (chain[0] ?? name) === external.name)
        .map(({ name, chain }) => {
          const way = chain.length > 1 ? ` by way of ${chain.slice(0, -1).join(", ")}` : "";
          const message = `"${specifier}" leads to the package ${name}${way}, which performs things again or all at once`;
          return { file, line, column, message };
        }),
    );
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
