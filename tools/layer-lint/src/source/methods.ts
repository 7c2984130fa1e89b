import { posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Value } from "./terms.ts";

/** Computed texts are cut off here: nothing that names a module is longer. */
const MAX_TEXT_CHARS = 100_000;

/** The value as `String(value)` writes it. */
export function textOf(value: Value): string {
  if (typeof value !== "object") return String(value);
  if ("url" in value) return value.url;
  return "list" in value ? value.list.map(textOf).join(",") : "[object Object]";
}

/** Members of texts that can be computed from texts and numbers alone. */
const TEXT_METHODS = new Set(
  "at charAt charCodeAt codePointAt concat indexOf lastIndexOf normalize padEnd padStart repeat replace replaceAll slice split startsWith substr substring toLowerCase toUpperCase trim trimEnd trimStart".split(
    " ",
  ),
);

/** What `target.name(...args)` answers, if that can be said. */
export function callMethod(name: string, target: Value, args: readonly Value[]): Value | undefined {
  if (name === "toString" || name === "valueOf" || name === "toJSON")
    return typeof target === "number" ? inBase(target, args[0]) : textOf(target);
  if (typeof target === "string" && TEXT_METHODS.has(name)) return callText(name, target, args);
  if (typeof target === "object" && "list" in target) return callList(name, target.list, args);
  return undefined;
}

function inBase(number: number, base: Value | undefined): string | undefined {
  return base === undefined || (typeof base === "number" && base >= 2 && base <= 36)
    ? number.toString(base)
    : undefined;
}

function callText(name: string, target: string, args: readonly Value[]): Value | undefined {
  if (args.some((arg) => typeof arg === "object")) return undefined;
  const [count] = args;
  const isLong =
    (name === "repeat" || name.startsWith("pad")) && Number(count) * Math.max(1, target.length) > MAX_TEXT_CHARS;
  if (isLong) return undefined;
  try {
    const method: unknown = Reflect.get(String.prototype, name);
    const answer: unknown = typeof method === "function" ? Reflect.apply(method, target, args) : undefined;
    if (Array.isArray(answer)) return { list: answer.map(String) };
    return typeof answer === "string" || typeof answer === "number" ? answer : undefined;
  } catch {
    return undefined;
  }
}

function callList(name: string, list: readonly Value[], args: readonly Value[]): Value | undefined {
  const [first, second] = args;
  switch (name) {
    case "join":
      return list.map(textOf).join(first === undefined ? "," : textOf(first));
    case "reverse":
    case "toReversed":
      return { list: list.toReversed() };
    case "sort":
    case "toSorted":
      return args.length === 0 ? { list: list.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1)) } : undefined;
    case "concat":
      return {
        list: [...list, ...args.flatMap((arg) => (typeof arg === "object" && "list" in arg ? arg.list : [arg]))],
      };
    case "slice":
      return { list: list.slice(numberOf(first), numberOf(second)) };
    case "at":
      return list.at(numberOf(first) ?? 0);
    case "pop":
      return list.at(-1);
    case "shift":
      return list.at(0);
    default:
      return undefined;
  }
}

function numberOf(value: Value | undefined): number | undefined {
  return value === undefined ? undefined : Number(textOf(value));
}

const PATH_FUNCTIONS = new Set(["join", "resolve", "normalize", "dirname", "basename", "extname", "relative"]);

/** What a function that belongs to no value answers: of `String`, `node:path`, `node:url`, and the like. */
export function callStatic(name: string, args: readonly Value[], cwd: string): Value | undefined {
  const texts = args.map(textOf);
  const [first = "", second] = texts;
  const [owner, member = ""] = name.split(".");
  try {
    if (owner === "path" && PATH_FUNCTIONS.has(member)) return callPath(member, texts, cwd);
    switch (name) {
      case "String.fromCharCode":
        return String.fromCharCode(...args.map(Number));
      case "String.fromCodePoint":
        return String.fromCodePoint(...args.map(Number));
      case "String":
        return first;
      case "Number":
        return Number(first);
      case "url.fileURLToPath":
        return fileURLToPath(first);
      case "url.pathToFileURL":
        return { url: pathToFileURL(posix.resolve(cwd, first)).href };
      case "process.cwd":
        return cwd;
      case "decodeURIComponent":
        return decodeURIComponent(first);
      case "decodeURI":
        return decodeURI(first);
      case "encodeURIComponent":
        return encodeURIComponent(first);
      case "encodeURI":
        return encodeURI(first);
      case "unescape":
        return decodeURIComponent(first);
      case "atob":
        return Buffer.from(first, "base64").toString("latin1");
      case "Buffer.from":
        return Buffer.from(first, encodingOf(second)).toString("utf8");
      case "JSON.parse":
        return valueOf(JSON.parse(first));
      case "Object":
        return args[0];
      default:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

function encodingOf(text: string | undefined): BufferEncoding {
  return text !== undefined && Buffer.isEncoding(text) ? text : "utf8";
}

function callPath(member: string, texts: readonly string[], cwd: string): string | undefined {
  const [first = "", second = ""] = texts;
  switch (member) {
    case "join":
      return posix.join(...texts);
    case "resolve":
      return posix.resolve(cwd, ...texts);
    case "normalize":
      return posix.normalize(first);
    case "dirname":
      return posix.dirname(first);
    case "basename":
      return posix.basename(first, second);
    case "extname":
      return posix.extname(first);
    default:
      return posix.relative(posix.resolve(cwd, first), posix.resolve(cwd, second));
  }
}

function valueOf(json: unknown): Value | undefined {
  if (typeof json === "string" || typeof json === "number") return json;
  if (Array.isArray(json)) {
    const list = json.map(valueOf);
    return list.includes(undefined) ? undefined : { list: list.filter((value) => value !== undefined) };
  }
  return undefined;
}
