import { readFileSync } from "node:fs";

/** The version of this package. */
export function readVersion(): string {
  const { version }: { version?: unknown } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  if (typeof version !== "string") throw new Error("package.json of layer-lint names no version");
  return version;
}
