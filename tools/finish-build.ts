// Gives the compiled code its own names of the layers: in `dist/` a `#layer` is the compiled face, and nothing deeper.
// What is no code goes along as it is.
import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";

const { imports } = JSON.parse(readFileSync("package.json", "utf8")) as { imports: Record<string, string> }; // our own
const compiled = Object.entries(imports).map(([name, path]) => [
  name,
  path.replace(/^\.\/src\//, "./").replace(/\.ts$/, ".js"),
]);
const manifest = { type: "module", imports: Object.fromEntries(compiled) as Record<string, string> };
writeFileSync("dist/package.json", `${JSON.stringify(manifest, undefined, 2)}\n`);
cpSync("src/cli/sample", "dist/cli/sample", { recursive: true });
chmodSync("dist/main/bin.js", 0o755);
