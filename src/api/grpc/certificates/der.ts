/** Bytes in DER, the one encoding of ASN.1 that certificates are signed in. */
export type Der = Uint8Array;

const [BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8_STRING] = [1, 2, 3, 4, 6, 12];
const [UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET] = [0x17, 0x18, 0x30, 0x31];

/** One value: its tag, its length in the shortest form, its content. */
export function tagged(tag: number, ...contents: readonly Der[]): Der {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(bytes: number): number[] {
  if (bytes < 128) return [bytes];
  const digits: number[] = [];
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 + digits.length, ...digits];
}

/** An ordered list. */
export function sequence(...contents: readonly Der[]): Der {
  return tagged(SEQUENCE, ...contents);
}

/** A set of one value: of more, DER would demand an order. */
export function setOf(content: Der): Der {
  return tagged(SET, content);
}

/** TRUE. FALSE is the default wherever certificates have it, and is left out. */
export function truth(): Der {
  return tagged(BOOLEAN, Buffer.from([0xff]));
}

/** A number that is not negative, from its bytes with the highest first. */
export function integer(bytes: Der): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first === -1 ? Buffer.from([0]) : bytes.subarray(first);
  const sign = (shortest[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0); // else it would read as negative
  return tagged(INTEGER, sign, shortest);
}

/** An object identifier such as `2.5.29.17`. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => base128(arc));
  return tagged(OID, Buffer.from(bytes));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 + (rest % 128));
  return digits;
}

/** Text. */
export function utf8(text: string): Der {
  return tagged(UTF8_STRING, Buffer.from(text, "utf8"));
}

/** Bytes as they are. */
export function octets(content: Der): Der {
  return tagged(OCTET_STRING, content);
}

/** Bits, of whose last byte the lowest `unused` do not count. */
export function bits(content: Der, unused = 0): Der {
  return tagged(BIT_STRING, Buffer.from([unused]), content);
}

/** A moment to the second: with two digits for the year until 2049, as RFC 5280 demands, and four from then on. */
export function time(moment: Date): Der {
  const digits = `${moment.toISOString().slice(0, 19).replaceAll(/[-T:]/g, "")}Z`;
  if (moment.getUTCFullYear() >= 2050) return tagged(GENERALIZED_TIME, Buffer.from(digits, "latin1"));
  return tagged(UTC_TIME, Buffer.from(digits.slice(2), "latin1"));
}

/** A value under a number that its place gives a meaning to; `constructed` if it holds other values. */
export function context(number: number, content: Der, constructed: boolean): Der {
  return tagged((constructed ? 0xa0 : 0x80) + number, content);
}
