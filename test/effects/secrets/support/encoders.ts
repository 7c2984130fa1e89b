/** Ways in which programs write a text that holds a secret: `before`, the secret and `after` become one. */
export type Encoder = (before: string, secret: string, after: string) => string;

const bytes = (before: string, secret: string, after: string): Buffer => Buffer.from(before + secret + after);

/** By name. */
export const ENCODERS: Readonly<Record<string, Encoder>> = {
  "as it is": (before, secret, after) => before + secret + after,
  base64: (...parts) => bytes(...parts).toString("base64"),
  "base64 without padding": (...parts) =>
    bytes(...parts)
      .toString("base64")
      .replace(/=+$/, ""),
  "base64 for URLs": (...parts) => bytes(...parts).toString("base64url"),
  "base64 for URLs with padding": (...parts) =>
    bytes(...parts)
      .toString("base64")
      .replaceAll("+", "-")
      .replaceAll("/", "_"),
  "base64 in lines of 76": (...parts) =>
    bytes(...parts)
      .toString("base64")
      .replaceAll(/.{76}/g, "$&\n"),
  "base64 in lines of 64 that end as in mail": (...parts) =>
    bytes(...parts)
      .toString("base64")
      .replaceAll(/.{64}/g, "$&\r\n"),
  "hexadecimal digits": (...parts) => bytes(...parts).toString("hex"),
  "capital hexadecimal digits": (...parts) =>
    bytes(...parts)
      .toString("hex")
      .toUpperCase(),
  "hexadecimal digits in lines of 60": (...parts) =>
    bytes(...parts)
      .toString("hex")
      .replaceAll(/.{60}/g, "$&\n"),
  "lines of 20": (before, secret, after) => (before + secret + after).replaceAll(/[^\r\n]{20}/gu, "$&\n"),
  "a part of a URL": (before, secret, after) => encodeURIComponent(before + secret + after),
  "a part of a URL with small digits": (before, secret, after) =>
    encodeURIComponent(before + secret + after).replaceAll(/%../g, (escape) => escape.toLowerCase()),
  "a URL": (before, secret, after) => encodeURI(before + secret + after),
  "a form": (before, secret, after) => new URLSearchParams([["q", before + secret + after]]).toString(),
  "a URL of nothing but escapes": (...parts) =>
    bytes(...parts)
      .toString("hex")
      .replaceAll(/../g, "%$&"),
  JSON: (before, secret, after) => JSON.stringify({ text: before + secret + after }),
  "JSON of nothing but ASCII": (before, secret, after) =>
    JSON.stringify(before + secret + after).replaceAll(
      /[\u007f-\uffff]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  "JSON for HTML": (before, secret, after) =>
    JSON.stringify(before + secret + after).replaceAll(
      /[<>&\u2028\u2029]/g,
      (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  "JSON with escaped slashes": (before, secret, after) =>
    JSON.stringify(before + secret + after).replaceAll("/", "\\/"),
};
