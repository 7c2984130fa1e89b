import type { JsonObject } from "#model";
import type { Source } from "./source.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** The names that Executioner hands on when it is told to hand on the usual ones. */
const USUAL_NAMES =
  "PATH LD_LIBRARY_PATH HOME USER SHELL HOSTNAME TERM DISPLAY LANG LC_ALL LC_CTYPE TZ TMPDIR TEMP TMP JAVA_HOME PYTHON_HOME NODE_PATH".split(
    " ",
  );

/** Names that a server does not let anybody set unless its configuration says so. */
const GUARDED: ReadonlySet<string> = new Set(["PATH", "LD_LIBRARY_PATH", "NODE_PATH"]);

/** The variables of a plan or a job, as the texts that they were handed on as. */
export function convertVariables(source: Source): JsonObject {
  const variables = source.map("env_variables");
  if (variables === undefined) return {};
  return Object.fromEntries(
    variables.names().flatMap((name) => {
      const text = variableText(variables, name);
      if (!VARIABLE.test(name)) variables.leftOut([name], "is no name of a variable and was left out");
      else if (text === undefined)
        variables.leftOut([name], "is neither a text nor a number, true or false, and was left out");
      else return [[name, text]];
      return [];
    }),
  );
}

function variableText(variables: Source, name: string): string | undefined {
  const value = variables.any(name);
  if (typeof value === "string") return value;
  // As Python writes them: 1.10 is 1.1, and 2.0 stays 2.0.
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "number") return undefined;
  const whole = /^-?\d+$/.test(variables.written(name) ?? "");
  return Number.isInteger(value) && !whole ? value.toFixed(1) : String(value);
}

/** The names that are taken over from the shell. `referred` are those that the file speaks of and does not set. */
export function convertInherited(source: Source, referred: readonly string[]): readonly string[] {
  const value = source.any("inherit_shell_env");
  const names = inheritedNames(source, value, referred);
  const guarded = names.filter((name) => GUARDED.has(name));
  if (guarded.length > 0)
    source.changed(
      ["inherit_shell_env"],
      `takes over ${guarded.join(", ")}, which the server has to permit: steps.command.run.allow_variables in its configuration`,
    );
  return names;
}

function inheritedNames(source: Source, value: unknown, referred: readonly string[]): readonly string[] {
  if (value === false) return [];
  if (value === "default") return USUAL_NAMES;
  if (Array.isArray(value)) {
    return (value as readonly unknown[]).flatMap((name, at) => {
      if (typeof name === "string" && VARIABLE.test(name)) return [name];
      source.leftOut(["inherit_shell_env", at], "is no name of a variable and was left out");
      return [];
    });
  }
  const taken =
    referred.length === 0 ? "none is named in the file" : `those that the file names: ${referred.join(", ")}`;
  const what = `the whole environment of the shell is not handed on, only what inherit_env lists; ${taken}`;
  if (value === undefined) source.changed([], what);
  else source.leftOut(["inherit_shell_env"], what);
  return referred;
}

/** The names that texts refer to, as `${NAME}` or `$NAME`, in the order in which they come. */
export function referredNames(texts: readonly string[]): readonly string[] {
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\$(?:\{([A-Za-z_][A-Za-z0-9_]{0,127})\}|([A-Za-z_][A-Za-z0-9_]{0,127}))/g)].map(
      ([, braced, plain]) => braced ?? plain ?? "",
    ),
  );
  return [...new Set(names)];
}
