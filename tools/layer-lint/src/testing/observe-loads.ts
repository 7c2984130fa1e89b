// Runs in the observed process before anything else, and writes each import and each file that is really loaded into the
// file that LAYER_LINT_LOADS names, at once: what was seen stays seen when the process ends at once.
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const log = process.env["LAYER_LINT_LOADS"];

/** `node:module` of a Node before 22.15 has no `registerHooks`; whoever starts this has looked. */
if (log !== undefined) {
  const write = (line: readonly unknown[]): void => appendFileSync(log, `${JSON.stringify(line)}\n`);
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const found = nextResolve(specifier, context);
      write(["import", found.url, context.parentURL ?? null]);
      return found;
    },
    load(url, context, nextLoad) {
      // Before it is read, and not after: a file that throws or cannot be parsed was loaded all the same.
      write(["load", url]);
      return nextLoad(url, context);
    },
  });
}
