export { assertLoaded, checkLoaded, LoadError } from "./check-loaded.ts";
export type { LoadOptions, LoadReport } from "./check-loaded.ts";
export type { LoadedFile } from "./loaded-graph.ts";
export type { LoadViolation } from "./load-violations.ts";
