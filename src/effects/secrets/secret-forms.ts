/** A line of a secret shorter than this is not looked for by itself: it would be found everywhere. */
export const LINE_BYTES_AT_LEAST = 8;

/** The frame of a PEM file, which is no secret and the same in every one. */
const FRAME = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;

/**
 * Every form in which a secret is looked for, as bytes (latin1 text): as it is, as base64, as hexadecimal digits, escaped
 * for a URL and for JSON. A secret of several lines is looked for as a whole, without its line breaks, and line by line.
 */
export function formsOf(secret: string): ReadonlySet<string> {
  const forms = new Set<string>();
  for (const piece of piecesOf(secret)) {
    const bytes = Buffer.from(piece);
    const all = [piece, ...base64Forms(bytes), ...hexForms(bytes), ...urlForms(piece, bytes), ...jsonForms(piece)];
    for (const form of all) forms.add(Buffer.from(form).toString("latin1"));
  }
  return forms;
}

function piecesOf(secret: string): readonly string[] {
  const lines = secret.split(/[\r\n]+/);
  if (lines.length === 1) return [secret];
  const parts = [lines.join(""), ...lines.map((line) => line.trim()).filter((line) => !FRAME.test(line))];
  return [secret, ...parts.filter((part) => Buffer.byteLength(part) >= LINE_BYTES_AT_LEAST)];
}

/**
 * In a longer text that is base64 as a whole, a secret begins at the first, second or third byte of a group. The characters
 * at both ends that also hold bits of its neighbours are left out, except at the end of the text, where there are none.
 */
function base64Forms(secret: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), secret]).toString("base64");
    const start = Math.ceil((before * 8) / 6);
    const end = Math.floor(((before + secret.length) * 8) / 6);
    const unpadded = text.replace(/=+$/, "");
    const standard = [text.slice(start, end), unpadded.slice(start), text.slice(start)];
    return [...standard, ...standard.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
  });
}

function hexForms(secret: Buffer): readonly string[] {
  const lower = secret.toString("hex");
  return [lower, lower.toUpperCase()];
}

/** What a URL's or a form's encoders leave as it is differs; all that are in use are looked for. */
function urlForms(secret: string, bytes: Buffer): readonly string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const every = bytes.toString("hex").toUpperCase().replaceAll(/../g, "%$&");
  const form = new URLSearchParams([["", secret]]).toString().slice(1);
  const upper = [
    component,
    strict,
    strict.replaceAll("%2F", "/"),
    strict.replaceAll("%20", "+"),
    form,
    encodeURI(secret),
    every,
  ];
  return [...upper, ...upper.map((text) => text.replaceAll(/%../g, (escape) => escape.toLowerCase()))];
}

/** Writers of JSON differ in what they escape beside what they must: nothing, what is not ASCII, what HTML minds, slashes. */
function jsonForms(secret: string): readonly string[] {
  const plain = JSON.stringify(secret).slice(1, -1);
  return [
    plain,
    plain.replaceAll(/[\u007f-\uffff]/g, unicodeEscape),
    plain.replaceAll(/[<>&\u2028\u2029]/g, unicodeEscape),
    plain.replaceAll("/", "\\/"),
    plain.replaceAll(/[<>&'+\u007f-\uffff]/g, (mark) => unicodeEscape(mark).toUpperCase().replace("\\U", "\\u")),
  ];
}

function unicodeEscape(mark: string): string {
  return `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
