import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** What a family of metrics is called and means. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly registers: Registry[];
}

/** A value with its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A family whose samples are made when it is read. */
export interface ReadFamily extends Family {
  readonly labelNames?: readonly string[];
  readonly read: () => Iterable<Sample>;
}

/** A counter that somebody else keeps: it says what they say. */
export function readCounter({ read, labelNames = [], ...family }: ReadFamily): void {
  const counter = new Counter({
    ...family,
    labelNames,
    collect() {
      counter.reset();
      if (labelNames.length === 0) counter.remove(); // what nobody knows is not 0
      for (const { labels = {}, value } of read()) counter.inc(labels, value);
    },
  });
}

/** A number that goes up and down, and that somebody else knows. */
export function readGauge({ read, labelNames = [], ...family }: ReadFamily): void {
  const gauge = new Gauge({
    ...family,
    labelNames,
    collect() {
      gauge.reset();
      if (labelNames.length === 0) gauge.remove(); // what nobody knows is not 0
      for (const { labels = {}, value } of read()) gauge.set(labels, value);
    },
  });
}

/** A gauge that is 1 and says in its labels what there is to say. */
export function infoGauge(family: Family, labels: Readonly<Record<string, string>>): void {
  new Gauge({ ...family, labelNames: Object.keys(labels) }).set(labels, 1);
}

/** 1 for yes. */
export function oneIf(yes: boolean): number {
  return yes ? 1 : 0;
}
