import type { Law } from "../laws/law.ts";
import type { Complaint } from "./complaints.ts";
import { isWithin, listOf, permissionsOf } from "./layout.ts";
import type { ConfigFile } from "./schema.ts";

/** What is wrong between the parts of a configuration: names that mean nothing, files with two layers, laws that contradict. */
export function crossChecks(entries: ConfigFile, laws: readonly Law[]): Complaint[] {
  return [...unknownNames(entries), ...overlaps(entries), ...nestedRoots(entries), ...contradictions(entries, laws)];
}

function unknownNames(entries: ConfigFile): Complaint[] {
  const names = new Set(entries.layers.map((layer) => layer.name));
  const complaints: Complaint[] = [];
  for (const [index, layer] of entries.layers.entries()) {
    if (entries.layers.findIndex((other) => other.name === layer.name) < index) {
      complaints.push({ path: ["layers", index, "name"], message: `a second layer is called "${layer.name}"` });
    }
    for (const target of permissionsOf(layer).keys()) {
      if (target !== "*" && !names.has(target)) {
        complaints.push({ path: ["layers", index, "mayImport"], message: `there is no layer "${target}"` });
      }
    }
    for (const inner of [...listOf(layer.ports), ...listOf(layer.adapters)]) {
      if (!listOf(layer.path).some((path) => isWithin(inner, path))) {
        complaints.push({ path: ["layers", index], message: `"${inner}" does not lie in the layer "${layer.name}"` });
      }
    }
  }
  return complaints;
}

function overlaps(entries: ConfigFile): Complaint[] {
  const claimed = entries.layers.flatMap((layer, index) => listOf(layer.path).map((path) => ({ layer, index, path })));
  return claimed.flatMap((one, position) =>
    claimed
      .filter(
        (other, at) => at !== position && isWithin(one.path, other.path) && (one.path !== other.path || at < position),
      )
      .map((other) => ({
        path: ["layers", one.index, "path"],
        message: `"${one.path}" also belongs to the layer "${other.layer.name}" ("${other.path}"); a file has one layer`,
      })),
  );
}

function nestedRoots(entries: ConfigFile): Complaint[] {
  const roots = listOf(entries.root);
  return roots.flatMap((root, index) =>
    roots
      .filter((other, at) => at !== index && isWithin(root, other) && (root !== other || at < index))
      .map((other) => ({ path: ["root"], message: `"${root}" lies in "${other}", which is a root already` })),
  );
}

function contradictions(entries: ConfigFile, laws: readonly Law[]): Complaint[] {
  return [...strangersAllowedAndForbidden(entries, laws), ...laws.flatMap(exceptedThoughStrict)];
}

function exceptedThoughStrict({ id, strict, exceptions }: Law): Complaint[] {
  if (!strict) return [];
  return exceptions.map((_exception, index) => ({
    path: ["laws", id, "except", index],
    message: `${id} is strict: nothing may be excepted from it`,
  }));
}

function strangersAllowedAndForbidden(entries: ConfigFile, laws: readonly Law[]): Complaint[] {
  const declared = laws.find((law) => law.kind === "declared");
  if (declared === undefined || entries.unassigned !== "may-not-touch-sealed-targets") return [];
  return [{ path: ["unassigned"], message: `allows files without a layer, and the law ${declared.id} forbids them` }];
}
