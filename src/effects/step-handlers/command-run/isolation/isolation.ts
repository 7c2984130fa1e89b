import { getegid, geteuid } from "node:process";
import { enter } from "./entrance.ts";
import type { Door, Entrance } from "./entrance.ts";
import type { IsolationOptions, RunAs } from "./isolation-options.ts";
import type { IsolationLevel } from "./levels.ts";
import { seenIsolation } from "./seen-isolation.ts";
import { findTools } from "./tools.ts";
import { wrappingOf } from "./wrapping.ts";

/** A command as it would be started without isolation. */
export interface Bare {
  readonly file: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** How one command is started at a level above `group`. */
export interface Wrapped {
  readonly level: Exclude<IsolationLevel, "group">;
  /** What is started in the command's place. */
  readonly words: readonly string[];
  /** To whom its pipes belong: it may open them anew by name, as `/dev/stderr`. */
  readonly owner: RunAs | undefined;
  /** To be called once it was started; answers how far it has come. */
  readonly enter: (door: Door) => () => Entrance;
}

/** As whom this process runs. */
export function ownUser(): RunAs {
  return { uid: geteuid?.() ?? -1, gid: getegid?.() ?? -1 }; // absent outside of POSIX, where nothing here works
}

/** Prepares a command for a level; or says what the level needs that is not there. */
export function wrap(
  bare: Bare,
  level: Exclude<IsolationLevel, "group">,
  options: IsolationOptions,
): Wrapped | { readonly problem: string } {
  const found = findTools(level);
  if ("problem" in found) return { problem: `isolation ${level} ${found.problem}` };
  const texts = [...bare.argv, ...Object.values(bare.environment)];
  if (texts.some((text) => text.includes("\0")))
    return { problem: "an argument or a variable contains a NUL character, which no program can be given" };
  const self = ownUser();
  // A process that is not root already is the user that was configured.
  const effective: IsolationOptions = self.uid === 0 ? options : withoutUser(options);
  const { directory } = bare;
  return {
    level,
    words: wrappingOf({ level, options: effective, tools: found.tools, directory }),
    owner: effective.runAs,
    enter: (door) =>
      enter({ ...bare, level, judge: (facts) => seenIsolation(facts, { options: effective, directory, self }) }, door),
  };
}

function withoutUser({ runAs: _runAs, ...rest }: IsolationOptions): IsolationOptions {
  return rest;
}
