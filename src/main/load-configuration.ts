import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import type { ServeFlags } from "#cli";
import type { Violation } from "#model";
import { Fault } from "#model";
import { configurationSchema } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** The file that is read from the working directory when none is named. */
export const CONFIGURATION_FILE = "verbatim.yaml";

/** A configuration whose paths are absolute. */
export interface LoadedConfiguration extends Configuration {
  /** Directory that relative names are relative to. */
  readonly base: string;
  /** Absolute state directory. */
  readonly state: string;
}

/** Where a configuration comes from. */
export interface ConfigurationSources {
  readonly flags: ServeFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/**
 * The configuration from flags > environment (`VERBATIM_CONFIG`, `VERBATIM_STATE`, `VERBATIM_LISTEN`, `VERBATIM_LOG_LEVEL`) >
 * the file `verbatim.yaml` > defaults. Names in the file are relative to it, others to the working directory.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem with file and line.
 */
export function loadConfiguration({ flags, environment, workingDirectory }: ConfigurationSources): LoadedConfiguration {
  const named = flags.config ?? environment["VERBATIM_CONFIG"];
  const path = resolve(workingDirectory, named ?? CONFIGURATION_FILE);
  if (named !== undefined && !existsSync(path)) {
    throw new Fault("INVALID_CONFIGURATION", `There is no configuration file ${path}; name another one with --config.`);
  }
  const base = existsSync(path) ? dirname(path) : workingDirectory;
  const file = existsSync(path) ? readConfigurationFile(path) : configurationSchema.parse({});
  const state = flags.state ?? environment["VERBATIM_STATE"];
  const level = environment["VERBATIM_LOG_LEVEL"];
  const listen = flags.listen ?? environment["VERBATIM_LISTEN"] ?? file.listen;
  return {
    ...file,
    base,
    state: state === undefined ? resolve(base, file.state) : resolve(workingDirectory, state),
    ...(listen !== undefined && { listen }),
    no_token: flags.noToken ?? file.no_token,
    reflection: flags.reflection ?? file.reflection,
    log_level: level === undefined ? file.log_level : checkedLevel(level),
  };
}

function checkedLevel(level: string): Configuration["log_level"] {
  const read = configurationSchema.shape.log_level.safeParse(level);
  if (read.success) return read.data;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `VERBATIM_LOG_LEVEL is ${JSON.stringify(level)}; expected fatal, error, warn, info, debug or silent.`,
  );
}

function readConfigurationFile(path: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(path, "utf8"), { lineCounter: lines });
  const place = (offset: number): string => `${path}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0) {
    throw invalid(
      document.errors.map((error) => ({ field: place(error.pos[0]), description: error.message.split("\n")[0] ?? "" })),
    );
  }
  const read = configurationSchema.safeParse(document.toJS() ?? {});
  if (read.success) return read.data;
  throw invalid(
    read.error.issues.flatMap((issue) =>
      keysOf(issue).map(({ keys, text }) => ({
        field: place(offsetOf(document, keys)),
        description: `${keys.join(".") || "the file"}: ${text}`,
      })),
    ),
  );
}

/** An unknown key is told one by one, each at its own line. */
function keysOf(issue: z.core.$ZodIssue): { readonly keys: readonly PropertyKey[]; readonly text: string }[] {
  if (issue.code !== "unrecognized_keys") return [{ keys: issue.path, text: issue.message }];
  return issue.keys.map((key) => ({
    keys: [...issue.path, key],
    text: "is not a known key; see `verbatim config schema`",
  }));
}

function offsetOf(document: Document, keys: readonly PropertyKey[]): number {
  const parent = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : document.contents;
  const pair = isMapLike(parent) ? parent.items.find((item) => String(item.key) === String(keys.at(-1))) : undefined;
  const node = pair?.key ?? document.getIn([...keys], true);
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function isMapLike(node: unknown): node is { readonly items: readonly { readonly key: unknown }[] } {
  return typeof node === "object" && node !== null && "items" in node;
}

function invalid(violations: readonly Violation[]): Fault {
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  return new Fault("INVALID_CONFIGURATION", `The configuration is not valid:${list}`, { violations });
}
