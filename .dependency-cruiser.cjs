"use strict";
// The laws of layers.json that are about imports, as rules of dependency-cruiser: a second opinion beside layer-lint, and
// the configuration for its diagrams. Nothing is decided here; every rule follows from layers.json.
// What a graph of imports cannot say (LAYER-07, LAYER-08, LAYER-10, LAYER-17, LAYER-18, PORT-01, faces' form) only layer-lint checks.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const { root, tsconfig, layers, laws } = JSON.parse(readFileSync(join(__dirname, "layers.json"), "utf8"));

const escaped = (path) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const listOf = (paths) => [paths ?? []].flat();
/** Everything in the folders, or the files themselves. */
const within = (paths) => `^(?:${paths.map(escaped).join("|")})(?:/|$)`;
const pathsOf = (layer) => listOf(layer.path);
const layerNamed = (name) => layers.find((layer) => layer.name === name);
/** The paths of a layer, or the path itself. */
const area = (text) => (layerNamed(text) === undefined ? [text] : pathsOf(layerNamed(text)));
const targetName = (target) => (typeof target === "string" ? target : target.layer);
const isTypeOnly = (target) => typeof target !== "string";

/** The rules of each kind of law; `law` is its entry in layers.json. */
const rulesOf = {
  "allow-matrix": () =>
    layers
      .filter((layer) => !layer.mayImport.includes("*"))
      .map((layer) => {
        const allowed = [layer, ...layer.mayImport.map((target) => layerNamed(targetName(target)))];
        return {
          at: layer.name,
          from: { path: within(pathsOf(layer)) },
          to: { path: within(layers.flatMap(pathsOf)), pathNot: within(allowed.flatMap(pathsOf)) },
        };
      }),
  "face-only": () =>
    layers.flatMap((layer) => {
      const faces = pathsOf(layer).map((path) => `${path}/${layer.face ?? "index.ts"}`);
      return {
        at: layer.name,
        from: { path: within(layers.flatMap(pathsOf)), pathNot: within(pathsOf(layer)) },
        to: { path: within(pathsOf(layer)), pathNot: `^(?:${[...pathsOf(layer), ...faces].map(escaped).join("|")})$` },
      };
    }),
  acyclic: () => [{ from: {}, to: { circular: true } }],
  "type-only": () =>
    layers.flatMap((layer) => {
      const targets = layer.mayImport.filter(isTypeOnly).map((target) => layerNamed(target.layer));
      if (targets.length === 0) return [];
      return [
        {
          at: layer.name,
          from: { path: within(pathsOf(layer)) },
          to: { path: within(targets.flatMap(pathsOf)), dependencyTypesNot: ["type-only"] },
        },
      ];
    }),
  declared: () => [
    { at: "from", from: { path: within([root]), pathNot: within(layers.flatMap(pathsOf)) }, to: {} },
    { at: "to", from: {}, to: { path: within([root]), pathNot: within(layers.flatMap(pathsOf)) } },
  ],
  "adapters-only-from": (law) =>
    layers
      .filter((layer) => layer.adapters !== undefined)
      .map((layer) => ({
        at: layer.name,
        from: { pathNot: within([...pathsOf(layer), ...law.from.flatMap(area)]) },
        to: { path: within(listOf(layer.adapters)) },
      })),
  "cannot-reach": (law) => [
    {
      from: { path: within(area(law.from)) },
      to: { path: within(law.to.flatMap(area)), reachable: true },
    },
  ],
  independent: (law) =>
    law.among.flatMap((from) => {
      const others = law.among.filter((other) => other !== from);
      return [
        {
          at: from,
          from: { path: within(area(from)) },
          to: { path: within(others.flatMap(area)), reachable: true },
        },
      ];
    }),
  protected: (law) => [
    { from: { pathNot: within([...law.to, ...law.only].flatMap(area)) }, to: { path: within(law.to.flatMap(area)) } },
  ],
  builtins: (law) => [
    {
      from: { path: within(layers.flatMap(pathsOf)), pathNot: within(law.only.flatMap(area)) },
      to: {
        dependencyTypes: ["core"],
        dependencyTypesNot: ["type-only"],
        path: `^(?:node:)?(?:${law.modules.map(escaped).join("|")})(?:/|$)`,
      },
    },
  ],
  packages: (law) =>
    layers.map((layer) => {
      const allowed = law.allow[layer.name] ?? [];
      return {
        at: layer.name,
        from: { path: within(pathsOf(layer)) },
        to: {
          path: "(?:^|/)node_modules/",
          ...(allowed.length === 0 ? {} : { pathNot: `node_modules/(?:${allowed.map(escaped).join("|")})/` }),
        },
      };
    }),
  "no-orphans": (law) => [
    {
      from: { path: within(law.entries) },
      to: { path: within([root]), pathNot: within(law.entries), reachable: false },
    },
  ],
  "touches-only": (law) => [
    {
      at: "builtins",
      from: { path: within(area(law.in)) },
      to: { dependencyTypes: ["core"], pathNot: `^(?:node:)?(?:${(law.builtins ?? []).map(escaped).join("|")})$` },
    },
    {
      at: "packages",
      from: { path: within(area(law.in)) },
      to: {
        path: "(?:^|/)node_modules/",
        ...((law.packages ?? []).length === 0
          ? {}
          : { pathNot: `node_modules/(?:${law.packages.map(escaped).join("|")})/` }),
      },
    },
  ],
};

const forbidden = Object.entries(laws).flatMap(([id, law]) =>
  (rulesOf[law.kind]?.(law) ?? []).map(({ at, from, to }) => ({
    name: at === undefined ? id : `${id}/${at}`,
    severity: "error",
    comment: law.reason,
    from,
    to,
  })),
);

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    ...forbidden,
    {
      name: "CONFIG/unresolved",
      severity: "error",
      comment: "What leads nowhere cannot be checked.",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: tsconfig },
    tsPreCompilationDeps: true,
    detectImportsInAmbientModules: true,
    doNotFollow: { path: "(^|/)node_modules/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default", "require"],
    },
  },
};
