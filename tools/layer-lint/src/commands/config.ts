import { runCanary } from "../canary/run-canary.ts";
import type { SampleResult } from "../canary/run-samples.ts";
import { runSamples } from "../canary/run-samples.ts";
import type { CheckOptions } from "../check.ts";
import { openConfig } from "../check.ts";
import { effectiveValues } from "../config/effective.ts";
import { layersJsonSchema } from "../config/json-schema.ts";
import { LAW_KINDS } from "../laws/index.ts";
import type { Finding } from "../report/finding.ts";

/** What a command prints, and how it ends. */
export interface Answer {
  readonly text: string;
  /** 0 as it should be, 2 it is not. */
  readonly exitCode: 0 | 2;
}

/** `config schema`: the JSON Schema of `layers.json`. */
export function configSchemaAnswer(): Answer {
  return { text: asJson(layersJsonSchema(LAW_KINDS)), exitCode: 0 };
}

/** `config print`: every value that is in force, with the line that says so or `default`. */
export function configPrint(options: CheckOptions, format: "pretty" | "json"): Answer {
  const read = openConfig(options);
  if ("findings" in read) {
    const text = format === "json" ? asJson({ problems: read.findings }) : problems(read.findings);
    return { text, exitCode: 2 };
  }
  const values = effectiveValues(read.config);
  if (format === "json") return { text: asJson(values), exitCode: 0 };
  const lines = values.map(({ key, value, from }) => `${key} = ${JSON.stringify(value)}  # ${from}\n`);
  return { text: lines.join(""), exitCode: 0 };
}

/** `config test`: whether each law names what is planted for it, and does with each sample as the configuration says. */
export async function configTest(options: CheckOptions, format: "pretty" | "json"): Promise<Answer> {
  const canary = await runCanary(options);
  const samples = canary.refused === undefined ? await runSamples(options) : [];
  const ok = canary.ok && samples.every(({ problem }) => problem === undefined);
  if (format === "json") return { text: asJson({ ...canary, ok, samples }), exitCode: ok ? 0 : 2 };
  const rows = canary.laws.map(({ law, planted, missed }) => {
    if (planted === 0) return `missed  ${law}: nothing could be planted that it would have to name`;
    if (missed.length > 0) return `missed  ${law}: ${missed.length} of ${planted} planted: ${missed.join(", ")}`;
    return `caught  ${law}: ${planted} planted`;
  });
  const refused = canary.refused === undefined ? [] : [`The laws could not be tested: ${canary.refused}`];
  return { text: `${[...refused, ...rows, ...samples.map(sampleRow)].join("\n")}\n`, exitCode: ok ? 0 : 2 };
}

function sampleRow({ law, sample, fires, problem }: SampleResult): string {
  if (problem !== undefined) return `missed  ${law}: ${sample}: ${problem}`;
  return fires ? `caught  ${law}: ${sample}` : `silent  ${law}: ${sample}`;
}

function problems(findings: readonly Finding[]): string {
  return findings.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}\n`).join("");
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
