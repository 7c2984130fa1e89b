import type { ConfigFile } from "./config/schema.ts";
import type { Layout } from "./config/layout.ts";
import type { ModuleGraph } from "./graph/module-graph.ts";
import type { Sources } from "./source/sources.ts";
import type { Tree } from "./tree/list-files.ts";

/** Everything that laws look at: the project as it was read, once. */
export interface Project {
  /** Absolute, without symbolic links. */
  readonly root: string;
  readonly layout: Layout;
  readonly tree: Tree;
  readonly graph: ModuleGraph;
  readonly sources: Sources;
  /** Path from the root. */
  readonly tsconfig: string;
  /** Absolute paths of that file, of the tsconfigs that it extends, and of those further down. */
  readonly tsconfigFiles: readonly string[];
  /** Folder in which what was proven may be kept; absent = nowhere. */
  readonly cacheFolder?: string;
  /** Files that some law seals off from a layer. */
  readonly sealed: readonly string[];
  /** Settings of the machine layers. */
  readonly machine: NonNullable<ConfigFile["machine"]>;
}
