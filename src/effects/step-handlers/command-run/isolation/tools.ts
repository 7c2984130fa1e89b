import { accessSync, constants } from "node:fs";
import type { IsolationLevel } from "./levels.ts";

/** Programs of the system by which commands are isolated, as absolute paths. */
export interface IsolationTools {
  readonly prlimit: string;
  readonly setpriv: string;
  readonly sh: string;
  /** Needed for a sandbox alone. */
  readonly env: string;
  readonly bwrap: string;
}

/** They are started as the server's user: they come from here, whatever search path commands have. */
const DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

const PACKAGES: Readonly<Record<keyof IsolationTools, string>> = {
  prlimit: "util-linux",
  setpriv: "util-linux",
  sh: "dash",
  env: "coreutils",
  bwrap: "bubblewrap",
};

const NEEDED: Readonly<Record<IsolationLevel, readonly (keyof IsolationTools)[]>> = {
  group: [],
  limited: ["prlimit", "setpriv", "sh"],
  sandbox: ["prlimit", "setpriv", "sh", "env", "bwrap"],
};

/** Looks for what a level needs. @param directories - where to look. */
export function findTools(
  level: IsolationLevel,
  directories: readonly string[] = DIRECTORIES,
): { readonly tools: IsolationTools } | { readonly problem: string } {
  const found = Object.fromEntries(NEEDED[level].map((name) => [name, findTool(name, directories)]));
  const absent = NEEDED[level].filter((name) => found[name] === undefined);
  if (absent.length > 0) {
    const list = absent.map((name) => `${name} (Debian's package ${PACKAGES[name]})`).join(", ");
    return { problem: `needs ${list}, in ${directories.join(", ")}: install what is missing` };
  }
  const path = (name: keyof IsolationTools): string => found[name] ?? "";
  return {
    tools: {
      prlimit: path("prlimit"),
      setpriv: path("setpriv"),
      sh: path("sh"),
      env: path("env"),
      bwrap: path("bwrap"),
    },
  };
}

function findTool(name: string, directories: readonly string[]): string | undefined {
  return directories.map((directory) => `${directory}/${name}`).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
