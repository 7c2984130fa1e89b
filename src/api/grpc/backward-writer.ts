import { assert } from "#model";

/** Bytes that are kept between two messages; a larger message has its own. */
const KEPT_BYTES = 256 * 1024;

/** Most bytes of a field's number and length together. */
export const FIELD_BYTES = 16;

const [VARINT, FIXED64, LENGTH_DELIMITED] = [0, 1, 2];

const kept = Buffer.allocUnsafeSlow(KEPT_BYTES);

/**
 * Writes one protobuf message from its last byte to its first, so that the length of what is nested is known when it is
 * written: fields come in the order opposite to their numbers. Fields that have their default are left out.
 */
export class BackwardWriter {
  readonly #bytes: Buffer;
  #at: number;

  /** `room` is at least what will be written. The bytes of the writer before are used again: one message at a time. */
  constructor(room: number) {
    this.#bytes = room <= KEPT_BYTES ? kept : Buffer.allocUnsafe(room);
    this.#at = this.#bytes.length;
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#at));
  }

  /** Where a nested message ends that is about to be written. */
  get position(): number {
    return this.#at;
  }

  /** Makes all that was written since `end` a message in `field`. */
  nest(field: number, end: number): void {
    this.#varint(end - this.#at);
    this.#tag(field, LENGTH_DELIMITED);
  }

  text(field: number, value: string): void {
    if (value === "") return;
    const length = Buffer.byteLength(value);
    this.#at -= length;
    this.#bytes.write(value, this.#at, length, "utf8");
    this.nest(field, this.#at + length);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    const end = this.#at;
    this.#at -= value.length;
    this.#bytes.set(value, this.#at);
    this.nest(field, end);
  }

  /** Unsigned integers of 32 bits, and enums. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.#varint(value);
    this.#tag(field, VARINT);
  }

  flag(field: number, value: boolean): void {
    this.number(field, value ? 1 : 0);
  }

  /** Integers of 64 bits, from 0 to the largest that JavaScript counts to. */
  large(field: number, value: bigint): void {
    this.number(field, Number(value));
  }

  double(field: number, value: number): void {
    if (Object.is(value, 0)) return;
    this.#at -= 8;
    this.#bytes.writeDoubleLE(value, this.#at);
    this.#tag(field, FIXED64);
  }

  #tag(field: number, type: number): void {
    this.#varint(field * 8 + type);
  }

  #varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, "an integer of a message is not negative and exact");
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
    this.#at -= length;
    let [at, rest] = [this.#at, value];
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[at++] = (rest % 128) + 128;
    this.#bytes[at] = rest;
  }
}
