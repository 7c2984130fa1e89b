import { readFileSync } from "node:fs";

/** The version of Verbatim that runs, as its package.json has it. */
export function versionOfPackage(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version; // our own
}
