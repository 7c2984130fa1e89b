import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { CheckOptions } from "../check.ts";
import type { Paint } from "../report/paint.ts";
import { paintFor } from "../report/paint.ts";

/** 0 clean, 1 a law is broken (or the answer is no), 2 it cannot be proven, or wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** What a command has of the world. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether `out` is a terminal. */
  readonly isTerminal: boolean;
  /** The day in UTC, `YYYY-MM-DD`. */
  readonly today: string;
  /** A signal that comes when the user interrupts; from then on an interruption does not end the process by itself. */
  interrupted(): AbortSignal;
}

/** One command of the command line; a file of this folder each. */
export interface CommandModule {
  /**
   * Declares options, help and action.
   * @param end - To be called with the exit code when the command is done.
   */
  declare(command: Command, io: Io, end: (code: ExitCode) => void): void;
}

/** Which project a command is about. */
export interface ProjectFlags {
  readonly root?: string;
  readonly config?: string;
  /** A folder; false if none is wanted. */
  readonly cache?: string | boolean;
}

/** Adds the options that say which project a command is about. */
export function withProject(command: Command): Command {
  return command
    .option("--root <dir>", "the project's folder (default: the current one)")
    .option("--config <file>", "the configuration (default: layers.json in the root)")
    .option("--cache <dir>", "folder of the cache (default: node_modules/.cache/layer-lint in the root)")
    .option("--no-cache", "read every file anew, and keep nothing");
}

/** What the check is to be told of the flags. */
export function checkOptionsOf({ root, config, cache }: ProjectFlags): CheckOptions {
  return {
    ...(root === undefined ? {} : { root }),
    ...(config === undefined ? {} : { config }),
    // Commander says `true` where neither option was given.
    ...(cache === false || typeof cache === "string" ? { cache } : {}),
  };
}

/** The project's folder, absolute. */
export function rootOf({ root }: ProjectFlags): string {
  return resolve(root ?? ".");
}

/** How the command paints what it prints. */
export function paintOf({ environment, isTerminal }: Io): Paint {
  return paintFor(environment, isTerminal);
}

/** A whole number from 1, as an option's value. */
export function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("It has to be a whole number, 1 or more.");
  return Number(text);
}

/** The part of every help that says how a command ends. */
export function exitCodes(codes: Readonly<Record<ExitCode, string>>): string {
  return ["", "Exit codes:", ...([0, 1, 2] as const).map((code) => `  ${code}  ${codes[code]}`)].join("\n");
}

/** The part of every help with examples. */
export function examples(...lines: readonly string[]): string {
  return ["", "Examples:", ...lines.map((line) => `  $ layer-lint ${line}`)].join("\n");
}
