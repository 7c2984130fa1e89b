import type { ProcessTree } from "./process-tree.ts";

/** How often whoever still lives is killed: a process that forks meanwhile is met in the next round. */
const ROUNDS = 20;

/**
 * The trees of the commands that run now. When this process ends before they do, for whatever reason but SIGKILL, they are
 * killed with it: nobody would be left who knows of them.
 */
export class LivingTrees implements Disposable {
  readonly #trees = new Set<ProcessTree>();
  readonly #killAll = (): void => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const living = [...this.#trees].flatMap((tree) => {
        const members = tree.scan();
        tree.signal(members, "SIGKILL");
        return members;
      });
      if (living.length === 0) return;
    }
  };

  constructor() {
    process.on("exit", this.#killAll);
  }

  /** Watches over a tree. Returns what ends that. */
  add(tree: ProcessTree): () => void {
    this.#trees.add(tree);
    return () => this.#trees.delete(tree);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#killAll);
  }
}
