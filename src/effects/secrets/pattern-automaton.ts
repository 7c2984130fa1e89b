const ROOT = 0;
const BYTES = 256;

/** A pattern to be found, as bytes (latin1 text), and whose it is. */
export interface Pattern {
  readonly bytes: string;
  readonly owner: number;
}

/** How the states hang together while they are made. */
interface Tree {
  readonly parents: Int32Array;
  readonly ways: Uint8Array;
}

/**
 * Finds all of many patterns in one pass over bytes (Aho and Corasick): one step a byte on average, whatever the number of
 * patterns. A state stands for the longest end of what was read that begins a pattern. Memory grows with the length of the
 * patterns, about 32 bytes for each of theirs.
 */
export class PatternAutomaton {
  /** Length of the longest pattern. */
  readonly longest: number;
  /** The states up to this one are the root and those next to it. */
  readonly #nearest: number;
  /** Where each byte leads from these, found without a search: most bytes of most texts are read here. */
  readonly #near: Int32Array;
  readonly #keys: Int32Array;
  readonly #targets: Int32Array;
  readonly #fallback: Int32Array;
  readonly #depth: Int32Array;
  readonly #length: Int32Array;
  readonly #owner: Int32Array;
  readonly #awaited: Int32Array;
  #states = 1;

  constructor(patterns: readonly Pattern[]) {
    const most = patterns.reduce((sum, { bytes }) => sum + bytes.length, 1);
    const slots = 2 ** Math.ceil(Math.log2(2 * most));
    this.#keys = new Int32Array(slots);
    this.#targets = new Int32Array(slots);
    const parents = new Int32Array(most);
    const ways = new Uint8Array(most);
    [this.#fallback, this.#depth] = [new Int32Array(most), new Int32Array(most)];
    [this.#length, this.#owner, this.#awaited] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
    const tree = { parents, ways };
    for (const { bytes } of patterns) this.#childOf(ROOT, bytes.charCodeAt(0), tree);
    this.#nearest = this.#states - 1;
    this.#near = new Int32Array(this.#states * BYTES);
    for (const pattern of patterns) this.#add(pattern, tree);
    this.longest = patterns.reduce((longest, { bytes }) => Math.max(longest, bytes.length), 0);
    this.#link(tree);
  }

  /** The state after one more byte. */
  next(state: number, byte: number): number {
    let at = state;
    while (at > this.#nearest) {
      const target = this.#edge(at, byte);
      if (target !== ROOT) return target;
      at = this.#fallback[at] ?? ROOT;
    }
    return this.#near[at * BYTES + byte] ?? ROOT;
  }

  /** Length of the longest pattern that ends here; 0 = none. */
  matched(state: number): number {
    return this.#length[state] ?? 0;
  }

  /** Whose the longest pattern is that ends here. */
  owner(state: number): number {
    return this.#owner[state] ?? 0;
  }

  /** How many of the last bytes are the beginning of a pattern. */
  depth(state: number): number {
    return this.#depth[state] ?? 0;
  }

  /** How many of the last bytes can be part of a pattern that is still to come to its end; less than {@link longest}. */
  awaited(state: number): number {
    return this.#awaited[state] ?? 0;
  }

  #add({ bytes, owner }: Pattern, tree: Tree): void {
    let state = ROOT;
    for (let index = 0; index < bytes.length; index += 1) state = this.#childOf(state, bytes.charCodeAt(index), tree);
    if ((this.#length[state] ?? 0) > 0) return; // found before, under the name that came first
    [this.#length[state], this.#owner[state]] = [bytes.length, owner];
  }

  #childOf(state: number, byte: number, { parents, ways }: Tree): number {
    const known = this.#edge(state, byte);
    if (known !== ROOT) return known;
    const child = this.#states;
    this.#states += 1;
    const depth = this.depth(state);
    [parents[child], ways[child], this.#depth[child]] = [state, byte, depth + 1];
    this.#awaited[state] = depth; // it goes on from there
    this.#setEdge(state, byte, child);
    return child;
  }

  /** Where to go on when no edge fits; a state is linked after all that are nearer to the root. */
  #link({ parents, ways }: Tree): void {
    for (let byte = 0; byte < BYTES; byte += 1) this.#near[byte] = this.#edge(ROOT, byte);
    for (let state = 1; state <= this.#nearest; state += 1) {
      for (let byte = 0; byte < BYTES; byte += 1) {
        this.#near[state * BYTES + byte] = this.#edge(state, byte) || (this.#near[byte] ?? ROOT);
      }
    }
    for (const state of this.#fromTheRoot()) {
      const parent = parents[state] ?? ROOT;
      const fallback = parent === ROOT ? ROOT : this.next(this.#fallback[parent] ?? ROOT, ways[state] ?? 0);
      this.#fallback[state] = fallback;
      if ((this.#length[state] ?? 0) === 0) {
        [this.#length[state], this.#owner[state]] = [this.matched(fallback), this.owner(fallback)];
      }
      if ((this.#awaited[state] ?? 0) === 0) this.#awaited[state] = this.awaited(fallback);
    }
  }

  #fromTheRoot(): readonly number[] {
    const byDepth: number[][] = [];
    for (let state = 1; state < this.#states; state += 1) (byDepth[this.depth(state)] ??= []).push(state);
    return byDepth.flat();
  }

  #edge(state: number, byte: number): number {
    const key = keyOf(state, byte);
    for (let slot = this.#slot(key); ; slot = (slot + 1) & (this.#keys.length - 1)) {
      const found = this.#keys[slot];
      if (found === key) return this.#targets[slot] ?? ROOT;
      if (found === 0) return ROOT;
    }
  }

  #setEdge(state: number, byte: number, target: number): void {
    const key = keyOf(state, byte);
    let slot = this.#slot(key);
    while (this.#keys[slot] !== 0) slot = (slot + 1) & (this.#keys.length - 1);
    [this.#keys[slot], this.#targets[slot]] = [key, target];
  }

  #slot(key: number): number {
    return (Math.imul(key, 0x9e37_79b1) >>> 7) & (this.#keys.length - 1);
  }
}

/** Never 0, which stands for no edge. */
function keyOf(state: number, byte: number): number {
  return state * BYTES + byte + 1;
}
