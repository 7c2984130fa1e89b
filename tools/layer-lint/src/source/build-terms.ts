import type { Node } from "./syntax.ts";
import type { Term } from "./terms.ts";
import { isOperation } from "./terms.ts";

/** `posix` and `win32` of node:path answer as node:path itself does for names of modules. */
export function moduleAlias(module: string): string {
  return module.replace(/^path\/(?:posix|win32)$/, "path");
}

export function statically(
  name: string,
  args: readonly Term[],
  node: Node & { type: "CallExpression" | "NewExpression" },
): Term {
  if (name === "url.URL") return ["url", ...args];
  return ["static", name, ...spread(node, args)];
}

/** `f(...["a", "b"])` is `f("a", "b")`. */
export function spread(node: Node & { type: "CallExpression" | "NewExpression" }, args: readonly Term[]): Term[] {
  return node.arguments.flatMap((arg, index): Term[] => {
    if (arg.type !== "SpreadElement") return [args[index] ?? null];
    const { argument } = arg;
    if (argument.type !== "ArrayExpression") return [null];
    return argument.elements.map((element) =>
      element?.type === "Literal" && (typeof element.value === "string" || typeof element.value === "number")
        ? element.value
        : null,
    );
  });
}

/** The operands of `a + b + c`, however many. */
export function operandsOf(node: Node): Node[] {
  const operands: Node[] = [];
  const open: Node[] = [node];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at.type === "BinaryExpression" && at.operator === "+") open.push(at.right, at.left);
    else operands.push(at);
  }
  return operands;
}

export function cat(parts: readonly Term[]): Term {
  if (parts.every((part) => part === null)) return null;
  if (parts.every((part) => typeof part === "string")) return parts.join("");
  const merged: Term[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (typeof part === "string" && typeof last === "string") merged[merged.length - 1] = last + part;
    else if (part !== "" || parts.length === 1) merged.push(part);
  }
  return [
    "cat",
    ...merged,
    ...(parts.some((part) => typeof part === "string") && !merged.some((part) => typeof part === "string") ? [""] : []),
  ];
}

export function any(parts: readonly Term[]): Term {
  const [first, ...others] = new Set(parts);
  return first === undefined || others.length === 0 ? (first ?? null) : ["any", first, ...others];
}

export function get(target: Term, key: Term): Term {
  if (target === null || key === null) return null;
  if (isOperation(target) && target[0] === "any") return any(target.slice(1).map((part) => get(part, key)));
  if (isOperation(target) && target[0] === "record" && typeof key === "string") {
    const index = target.findIndex((part, position) => position % 2 === 1 && part === key);
    return index < 0 ? null : (target[index + 1] ?? null);
  }
  if (isOperation(target) && target[0] === "import" && target[2] === "*") return ["import", target[1] ?? null, key];
  return ["get", target, key];
}

/** The characters that a regular expression stands for, if it stands for nothing else. */
export function plainPattern(node: Node): string | undefined {
  if (node.type !== "Literal" || !("regex" in node)) return undefined;
  const { pattern, flags } = node.regex;
  const plain = pattern.replace(/\\([^\w\s])/g, "$1");
  const isPlain = /^(?:[^\\^$.*+?()[\]{}|]|\\[^\w\s])*$/.test(pattern);
  return isPlain && !/[imsuvy]/.test(flags) ? plain : undefined;
}
