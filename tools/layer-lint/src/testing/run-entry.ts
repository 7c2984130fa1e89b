import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

/** What is run, and how. */
export interface Entry {
  /** A file by its path from the root, which is run; or a name as code of the root's package would import it, as `#model`. */
  readonly entry: string;
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** Arguments of the program; none if absent. */
  readonly args?: readonly string[] | undefined;
  /** Options of Node, as a loader of TypeScript for a Node that has none; none if absent. */
  readonly execArgv?: readonly string[] | undefined;
  /** Milliseconds after which the process is killed, and nothing is proven. */
  readonly limitMs: number;
}

/** What a process did. */
export interface Observed {
  /** Every import that was followed: URLs. The importer of what was started as a program of its own is not known. */
  readonly imports: readonly { readonly url: string; readonly parent: string | undefined }[];
  /** URLs of what was loaded, in the order of loading. */
  readonly loads: readonly string[];
  /** Why the process did not come to a good end, in words; undefined if it did. */
  readonly failure: string | undefined;
}

/** More of what the process says is not told. */
const MAX_TOLD_CHARACTERS = 2000;

/** Runs the entry in a fresh Node process, and its threads and Node children too, and lists what was loaded. */
export async function runEntry(entry: Entry): Promise<Observed> {
  const folder = mkdtempSync(join(tmpdir(), "layer-lint-loads-"));
  const log = join(folder, "loads.jsonl");
  try {
    const failure = await ended(entry, log);
    return { ...readLog(existsSync(log) ? readFileSync(log, "utf8") : ""), failure };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function ended({ entry, root, args = [], execArgv = [], limitMs }: Entry, log: string): Promise<string | undefined> {
  const observer = new URL(`./observe-loads${extname(import.meta.filename)}`, import.meta.url).href;
  const file = resolve(root, entry);
  const program = existsSync(file)
    ? [file, ...args]
    : ["--input-type=module", "--eval", `await import(${JSON.stringify(entry)});`, "--", ...args];
  const child = spawn(process.execPath, [...execArgv, ...program], {
    cwd: root,
    // By the environment, so that threads and children are observed as well.
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env["NODE_OPTIONS"] ?? ""} --import=${observer}`.trim(),
      LAYER_LINT_LOADS: log,
    },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  return new Promise((done) => {
    let told = "";
    let isLate = false;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      told = `${told}${text}`.slice(-MAX_TOLD_CHARACTERS);
    });
    const timer = setTimeout(() => {
      isLate = true;
      // With all that it started.
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    const end = (failure: string | undefined): void => {
      clearTimeout(timer);
      done(failure);
    };
    child.once("error", ({ message }) => end(`it could not be started: ${message}`));
    child.once("close", (code, signal) => {
      if (isLate) end(`it did not end within ${limitMs} ms${said(told)}`);
      else end(code === 0 ? undefined : `it ended with ${code === null ? signal : `code ${code}`}${said(told)}`);
    });
  });
}

function said(text: string): string {
  return text.trim() === "" ? "" : `, and said:\n${text.trim()}`;
}

function readLog(text: string): Omit<Observed, "failure"> {
  const lines = text.split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as ["import" | "load", string, string | null]); // by the observer
  return {
    imports: entries
      .filter(([what]) => what === "import")
      .map(([, url, parent]) => ({ url, parent: parent ?? undefined })),
    loads: [...new Set(entries.filter(([what]) => what === "load").map(([, url]) => url))],
  };
}
