/** Told when something that the demo promises did not come about. */
export class NotAsPromised extends Error {
  override readonly name = "NotAsPromised";
}

/** Tells the demo: chapters, lines, and what was expected and seen. */
export class Story {
  readonly #write: (line: string) => void;
  #chapters = 0;
  #kept = 0;
  readonly #broken: string[] = [];

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  /** Begins a chapter. */
  chapter(title: string): void {
    this.#chapters += 1;
    this.#write(`\n${this.#chapters}. ${title}\n`);
  }

  /** Tells a line. */
  say(line: string): void {
    this.#write(line === "" ? "" : `   ${line}`);
  }

  /** Tells whether something came about that must. The story goes on either way; its end says how many did not. */
  expect(what: string, holds: boolean): void {
    if (holds) this.#kept += 1;
    else this.#broken.push(what);
    this.#write(holds ? `   ✓ ${what}` : `   ✗ NOT SO: ${what}`);
  }

  /** The value that the story cannot go on without. @throws {NotAsPromised} if it is not there. */
  need<Value>(what: string, value: Value | undefined): Value {
    if (value !== undefined) return value;
    throw new NotAsPromised(`there is no ${what}`);
  }

  /** Whether everything came about; something must have been expected. */
  get kept(): boolean {
    return this.#kept > 0 && this.#broken.length === 0;
  }

  /** The last line. */
  ending(seconds: number): string {
    const took = `${seconds.toFixed(1)} s`;
    if (this.kept) return `All ${this.#kept} expectations held, in ${took}.`;
    const list = this.#broken.map((what) => `\n   ✗ ${what}`).join("");
    return `${this.#broken.length} of ${this.#kept + this.#broken.length} expectations did not hold, in ${took}:${list}`;
  }
}
