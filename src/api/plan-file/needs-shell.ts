import { commandWords } from "#orchestration";

const REFERENCE = /\$\{[A-Za-z_][A-Za-z0-9_]{0,127}\}/g;

/** What only a shell understands at the start of a command: a variable that is set for it, and what no program does. */
const BEGINS =
  /^\s*(?:[A-Za-z_][A-Za-z0-9_]*=|(?:\.|alias|cd|eval|exec|exit|export|set|source|trap|ulimit|umask|unset)(?:\s|$))/;

/** Why a command means what it says only where a shell reads it; undefined if it needs none. `${NAME}` needs none. */
export function needsShell(command: string): string | undefined {
  const [begin] = BEGINS.exec(command) ?? [];
  if (begin !== undefined) return `begins with ${JSON.stringify(begin.trim())}, which only a shell understands`;
  const words = commandWords(command.replaceAll(REFERENCE, "x"));
  return "problem" in words ? (words.problem.split(", and no shell")[0] ?? words.problem) : undefined;
}
