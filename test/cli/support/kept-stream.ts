import { Writable } from "node:stream";
import type { CliStream } from "../../../src/cli/index.ts";

/** A stream that keeps what it is given. */
export class KeptStream {
  readonly stream: CliStream;
  readonly #chunks: Buffer[] = [];

  constructor({ isTTY = false, columns = 80 }: { readonly isTTY?: boolean; readonly columns?: number } = {}) {
    const writable = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#chunks.push(chunk);
        done();
      },
    });
    this.stream = isTTY ? Object.assign(writable, { isTTY, columns }) : writable;
  }

  /** All of it so far. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
