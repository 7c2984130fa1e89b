/** Bytes before the JSON of a frame: how many bytes of JSON follow, as a big-endian number. */
const HEAD_BYTES = 4;

/** A message as it goes over the pipe. @throws {TypeError} if it is no JSON. */
export function frameOf(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEAD_BYTES);
  return frame;
}

/** Puts frames together from pieces as they come. */
export class FrameReader {
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** `mostBytes`: of JSON in one frame. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** What has become whole with this piece. @throws {Error} at a frame that is too large or no JSON: nothing behind it can be read. */
  take(piece: Buffer): readonly unknown[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: unknown[] = [];
    for (;;) {
      const size = this.#size();
      if (size === undefined || this.#bytes < HEAD_BYTES + size) return messages;
      const all = this.#joined();
      messages.push(JSON.parse(all.toString("utf8", HEAD_BYTES, HEAD_BYTES + size)));
      const rest = all.subarray(HEAD_BYTES + size);
      this.#pieces = rest.length === 0 ? [] : [rest];
      this.#bytes = rest.length;
    }
  }

  #size(): number | undefined {
    if (this.#bytes < HEAD_BYTES) return undefined;
    const [first] = this.#pieces;
    const head = first !== undefined && first.length >= HEAD_BYTES ? first : this.#joined();
    const size = head.readUInt32BE();
    if (size > this.#mostBytes) throw new Error(`a frame has ${size} bytes, expected at most ${this.#mostBytes}`);
    return size;
  }

  #joined(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}
