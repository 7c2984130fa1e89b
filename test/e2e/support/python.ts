import { execFile } from "node:child_process";
import { join } from "node:path";

/** The top of this repository. */
export const ROOT = join(import.meta.dirname, "../../..");

/** Debian's Python, which has Debian's packages. */
const PYTHON = "/usr/bin/python3";

/** How a Python program ended. */
export interface PythonEnd {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Python program from the top of the repository. Leaves no compiled files behind. */
export function python(...args: readonly string[]): Promise<PythonEnd> {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" }, timeout: 50_000 };
    execFile(PYTHON, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      if (typeof status === "number") resolve({ status, stdout, stderr });
      else reject(new Error(`${PYTHON} ${args.join(" ")} did not end by itself: ${error?.message}`, { cause: error }));
    });
  });
}
