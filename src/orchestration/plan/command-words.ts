/** The arguments of a command, or why it cannot be told without a shell. */
export type CommandWords = { readonly argv: readonly string[] } | { readonly problem: string };

/** What a shell would do something with, anywhere and at the start of a word. */
const SHELL_CHARACTERS = /[|&;<>()`$*?[\]\n]/;
const SHELL_STARTS = /[~#!{]/;

/** Splits a command as a shell splits words and quotes, and does nothing else that a shell does: what would need one is refused. */
export function commandWords(command: string): CommandWords {
  const argv: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (character === "'" || character === '"') {
      const quoted = quotedText(command, at);
      if ("problem" in quoted) return quoted;
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else if (character === "\\") {
      if (at + 1 === command.length) return { problem: "ends in a backslash that quotes nothing" };
      at += 1;
      word = (word ?? "") + command.charAt(at);
    } else if (/\s/.test(character) && character !== "\n") {
      if (word !== undefined) argv.push(word);
      word = undefined;
    } else if (SHELL_CHARACTERS.test(character) || (word === undefined && SHELL_STARTS.test(character))) {
      return { problem: needsShell(character) };
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) argv.push(word);
  return argv.length === 0 ? { problem: "is empty; give the program and its arguments" } : { argv };
}

type Quoted = { readonly text: string; readonly end: number } | { readonly problem: string };

function quotedText(command: string, start: number): Quoted {
  const quote = command.charAt(start);
  let text = "";
  for (let at = start + 1; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (character === quote) return { text, end: at };
    if (quote === '"' && (character === "$" || character === "`")) return { problem: needsShell(character) };
    const escapes = quote === '"' && character === "\\" && /["\\$`]/.test(command.charAt(at + 1));
    if (escapes) at += 1;
    text += command.charAt(at);
  }
  return { problem: `has a ${quote} without its end` };
}

function needsShell(character: string): string {
  const shown = character === "\n" ? "a line break" : `"${character}"`;
  return `has ${shown}, which means something to a shell, and no shell reads it: quote it, give the command as a list of arguments, or say allow_shell: true in the plan`;
}
