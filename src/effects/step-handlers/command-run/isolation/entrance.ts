import type { Readable, Writable } from "node:stream";
import { FACT_FILES, readFacts } from "./facts.ts";
import type { Facts } from "./facts.ts";
import type { IsolationLevel } from "./levels.ts";
import { isAtLeast } from "./levels.ts";
import type { SeenIsolation } from "./seen-isolation.ts";

/** What the shell at the end of a wrapping is to become. */
export interface Entering {
  readonly file: string;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly level: Exclude<IsolationLevel, "group">;
  readonly judge: (facts: Facts) => SeenIsolation;
}

/** The shell's standard input, and what it answers. */
export interface Door {
  readonly script: Writable;
  readonly answer: Readable;
}

/** How far a command has come. */
export type Entrance =
  /** The shell never answered: something before it has failed. */
  | { readonly kind: "outside" }
  /** The level is less than what was asked for, so it was not told what to become. */
  | { readonly kind: "refused"; readonly lacks: readonly string[] }
  /** It was told to become the command; `failedWith` is the shell's exit code if it could not. */
  | { readonly kind: "entered"; readonly seen: SeenIsolation; readonly failedWith: number | undefined };

/** The file descriptor on which the shell answers. */
export const ANSWER_FD = 3;
const ANSWER_CHARACTERS = 1024 * 1024;
const END = "== end";

/**
 * Talks to the shell that is to become a command. It first says what the kernel tells of it; only if that is what the level asks for
 * is it given the command with its environment, and becomes it. So nothing runs at less than its level, and the programs that set
 * up the level, some of them as root, never have a variable of the step in their environment.
 */
export function enter(entering: Entering, { script, answer }: Door): () => Entrance {
  let entrance: Entrance = { kind: "outside" };
  let said = "";
  script.on("error", () => undefined); // the shell has ended, which is told by its exit
  answer.on("error", () => undefined);
  script.write(question(entering.level));
  answer.setEncoding("utf8");
  answer.on("data", (chunk: string) => {
    if (said.length > ANSWER_CHARACTERS) {
      script.end(); // a machine with that many mounts: it is not waited for
      return;
    }
    said += chunk;
    if (entrance.kind === "outside" && said.includes(`\n${END}\n`)) {
      entrance = judged(entering, said);
      script.end(entrance.kind === "entered" ? order(entering) : "");
    }
    const failed = /\n== failed (\d+)\n/.exec(said)?.[1];
    if (failed !== undefined && entrance.kind === "entered") entrance = { ...entrance, failedWith: Number(failed) };
  });
  return () => entrance;
}

function judged({ level, judge }: Entering, said: string): Entrance {
  const seen = judge(readFacts(textsIn(said)));
  if (!isAtLeast(seen.level, level)) return { kind: "refused", lacks: seen.lacks };
  return { kind: "entered", seen, failedWith: undefined };
}

/** Of the shell's own words alone: it starts no program to answer. */
function question(level: Entering["level"]): string {
  const files = Object.entries(FACT_FILES[level]).map(
    ([name, path]) =>
      `echo '== ${name}' >&${ANSWER_FD}; while IFS= read -r line; do printf '%s\\n' "$line"; done <${path} >&${ANSWER_FD}`,
  );
  return [...files, `printf '\\n%s\\n' '${END}' >&${ANSWER_FD}`, ""].join("\n");
}

function textsIn(said: string): ReadonlyMap<string, string> {
  const parts = said.split(/^== /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1)] as const));
}

/** What becomes of the shell. Its environment is what it exports, and its answer's end says that it has become the command. */
function order({ file, argv, directory, environment }: Entering): string {
  const exported = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  const program = file.startsWith("-") ? `./${file}` : file;
  const words = [program, ...argv.slice(1)].map(quoted).join(" ");
  return [
    `trap 'printf "\\n== failed %s\\n" "$?" >&${ANSWER_FD}' EXIT`,
    // As the command's user: whoever set up the level may not be allowed to, or may be allowed to where it is not.
    `cd ${quoted(directory)} || exit`,
    "unset PWD OLDPWD line",
    ...exported,
    `exec ${words} </dev/null ${ANSWER_FD}>&-`,
    "",
  ].join("\n");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
