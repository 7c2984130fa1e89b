import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
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

/** What a command line may say over the configuration. */
export interface ConfigurationFlags {
  readonly config?: string;
  readonly state?: string;
  readonly listen?: string;
  readonly noToken?: boolean;
  readonly insecure?: boolean;
  readonly reflection?: boolean;
  readonly development?: boolean;
}

/** Where a configuration comes from. */
export interface ConfigurationSources {
  readonly flags: ConfigurationFlags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/**
 * The configuration from flags > environment (`VERBATIM_CONFIG`, `VERBATIM_STATE`, `VERBATIM_LISTEN`, `VERBATIM_LOG_LEVEL`) >
 * the file `verbatim.yaml` > defaults. Names in the file are relative to it, others to the working directory.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem with file and line.
 */
export async function loadConfiguration(sources: ConfigurationSources): Promise<LoadedConfiguration> {
  const { flags, environment, workingDirectory } = sources;
  const named = flags.config ?? environment["VERBATIM_CONFIG"];
  const path = resolve(workingDirectory, named ?? CONFIGURATION_FILE);
  if (named !== undefined && !existsSync(path)) {
    throw new Fault("INVALID_CONFIGURATION", `There is no configuration file ${path}; name another one with --config.`);
  }
  const base = existsSync(path) ? dirname(path) : workingDirectory;
  const file = existsSync(path) ? await readConfigurationFile(path) : configurationSchema.parse({});
  const state = flags.state ?? environment["VERBATIM_STATE"];
  const level = environment["VERBATIM_LOG_LEVEL"];
  const listen = flags.listen ?? environment["VERBATIM_LISTEN"] ?? file.listen;
  return {
    ...file,
    base,
    state: state === undefined ? resolve(base, file.state) : resolve(workingDirectory, state),
    ...(listen !== undefined && { listen }),
    no_token: flags.noToken ?? file.no_token,
    insecure: flags.insecure ?? file.insecure,
    reflection: flags.reflection ?? file.reflection,
    development: flags.development ?? file.development,
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

async function readConfigurationFile(path: string): Promise<Configuration> {
  const { checkedDocument } = await import("#document"); // the parser takes long to load: only where there is a file
  const schema = configurationSchema.nullable(); // an empty file says nothing
  const read = await checkedDocument(readFileSync(path, "utf8"), { file: path, schema });
  if ("value" in read) return read.value ?? configurationSchema.parse({});
  const { violations } = read;
  const list = violations.map(({ field, description }) => `\n  ${field}  ${description}`).join("");
  const said = "The configuration is not valid; `verbatim config schema` prints what it may hold:";
  throw new Fault("INVALID_CONFIGURATION", `${said}${list}`, { violations });
}
