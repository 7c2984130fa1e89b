/**
 * The secrets that somebody can read out of a text who decodes it: as it is, from base64 at any of its places, from
 * hexadecimal digits, from URL escapes and from JSON escapes; line breaks within do not stop him. Nothing here is shared
 * with the code under test.
 */
export function secretsIn(text: Buffer, secrets: readonly string[]): readonly string[] {
  const readings = readingsOf(text);
  return secrets.filter((secret) => {
    const forms = [Buffer.from(secret), Buffer.from(secret.replaceAll(/[\r\n]/g, ""))];
    return readings.some((reading) => forms.some((form) => reading.includes(form)));
  });
}

/** Whether this one can be read. */
export function canBeReadFrom(text: Buffer, secret: string): boolean {
  return secretsIn(text, [secret]).length > 0;
}

function readingsOf(bytes: Buffer): readonly Buffer[] {
  const text = bytes.toString("latin1");
  const joined = text.replaceAll(/[\r\n]/g, "");
  return [
    bytes,
    Buffer.from(joined, "latin1"),
    ...[text, joined].flatMap((form) => [
      ...[0, 1, 2, 3].map((start) => runsOf(form, /[\w+/-]{8,}/g, (run) => fromBase64(run.slice(start)))),
      ...[0, 1].map((start) => runsOf(form, /[0-9a-f]{12,}/gi, (run) => Buffer.from(run.slice(start), "hex"))),
      unescaped(form.replaceAll("+", " "), /%([0-9a-f]{2})/gi),
      unescaped(form, /%([0-9a-f]{2})/gi),
      jsonUnescaped(form),
    ]),
  ];
}

/** What the runs of such characters say, one after the other. */
function runsOf(text: string, run: RegExp, read: (run: string) => Buffer): Buffer {
  return Buffer.concat([...text.matchAll(run)].flatMap(([found]) => [read(found), BETWEEN]));
}

const BETWEEN = Buffer.from([0]);

function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll("-", "+").replaceAll("_", "/"), "base64");
}

function unescaped(text: string, escape: RegExp): Buffer {
  return Buffer.from(
    text.replaceAll(escape, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    "latin1",
  );
}

const SHORT = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["f", "\f"],
]);

function jsonUnescaped(latin1: string): Buffer {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return Buffer.from(
    text.replaceAll(/\\(?:u([0-9a-f]{4})|(.))/gi, (_whole, digits: string | undefined, mark: string | undefined) =>
      digits === undefined ? (SHORT.get(mark ?? "") ?? mark ?? "") : String.fromCharCode(Number.parseInt(digits, 16)),
    ),
  );
}
