import { arrayTerm, enumTerm, objectTerm } from "./compile-literals.ts";
import { any, cat, get, moduleAlias, operandsOf, plainPattern, spread, statically } from "./build-terms.ts";
import type { BuiltinParts, BuiltinValue } from "./builtins.ts";
import { builtinAt } from "./builtins.ts";
import { classAround, classOf, hasInitial, importedBy, propertyName, returnsOf } from "./names.ts";
import { mayChange } from "./mutations.ts";
import type { Binding, Scopes } from "./scopes.ts";
import { isFunction } from "./scopes.ts";
import type { Node } from "./syntax.ts";
import { bare, outer, within } from "./syntax.ts";
import type { Term } from "./terms.ts";
import { isOperation, MAX_DEPTH } from "./terms.ts";

/** Terms longer than this (as JSON) are not kept; what they stand for is unknown. */
const MAX_TERM_CHARS = 20_000;
/** A file's terms together look at this many nodes at most. */
const MAX_STEPS = 200_000;

/** Turns the expressions of one file into terms. */
export interface Compiler {
  term(node: Node | null | undefined): Term;
  /** The number by which terms call a function of this file. */
  idOf(fn: Node): number;
  /** The name of a member, if it is written or can be computed in the file itself. */
  keyOf(member: Node): string | undefined;
  /** The function that a callee is, if it is one of this file. */
  functionOf(callee: Node): Node | undefined;
  /** The built-in module (without `node:`) that the expression is, or the member of one. */
  builtinOf(node: Node): BuiltinValue | undefined;
}

/** The compiler of a file. */
export function makeCompiler(scopes: Scopes): Compiler {
  return new TermCompiler(scopes);
}

class TermCompiler implements Compiler {
  readonly #scopes: Scopes;
  readonly #functions = new Map<Node, number>();
  readonly #visiting = new Set<Node>();
  readonly #bodies = new Map<Node, Term>();
  readonly #builtinParts: BuiltinParts;
  #steps = 0;

  constructor(scopes: Scopes) {
    this.#scopes = scopes;
    this.#builtinParts = { scopes, keyOf: (member) => this.keyOf(member), builtinOf: (node) => this.builtinOf(node) };
  }

  idOf(fn: Node): number {
    const known = this.#functions.get(fn);
    if (known !== undefined) return known;
    this.#functions.set(fn, this.#functions.size);
    return this.#functions.size - 1;
  }

  term(node: Node | null | undefined): Term {
    const term = this.#compile(node, 0);
    return typeof term === "object" && JSON.stringify(term).length > MAX_TERM_CHARS ? null : term;
  }

  keyOf(member: Node): string | undefined {
    if (member.type !== "MemberExpression") return undefined;
    const { property } = member;
    if (!member.computed) return property.type === "Identifier" ? property.name : undefined;
    const term = this.#compile(property, 0);
    return typeof term === "string" || typeof term === "number" ? String(term) : undefined;
  }

  functionOf(callee: Node): Node | undefined {
    const node = bare(callee);
    if (isFunction(node)) return node;
    if (node.type === "Identifier") return this.#declaredFunction(this.#scopes.bindingOf(node));
    if (node.type !== "MemberExpression") return undefined;
    const key = this.keyOf(node);
    const value = key === undefined ? undefined : this.#propertyOf(node.object, key);
    return value !== undefined && isFunction(value) ? value : undefined;
  }

  builtinOf(given: Node): BuiltinValue | undefined {
    return this.#guard(given, undefined, (node) => builtinAt(node, this.#builtinParts));
  }

  /** Runs `work` unless it is already being done for this node, or too much was done. */
  #guard<T>(given: Node, otherwise: T, work: (node: Node) => T): T {
    const node = bare(given);
    if (this.#visiting.has(node) || this.#visiting.size > MAX_DEPTH * 4 || ++this.#steps > MAX_STEPS) return otherwise;
    this.#visiting.add(node);
    try {
      return work(node);
    } finally {
      this.#visiting.delete(node);
    }
  }

  #compile(given: Node | null | undefined, depth: number): Term {
    if (given === null || given === undefined || depth > MAX_DEPTH) return null;
    return this.#guard<Term>(given, null, (node) => this.#compileNode(node, depth));
  }

  #compileNode(node: Node, depth: number): Term {
    const inner = (part: Node | null | undefined): Term => this.#compile(part, depth + 1);
    switch (node.type) {
      case "Literal":
        return typeof node.value === "string" || typeof node.value === "number" ? node.value : null;
      case "TemplateLiteral":
        return cat(
          node.quasis.flatMap((quasi, index): Term[] => [
            quasi.value.cooked ?? quasi.value.raw,
            ...(index < node.expressions.length ? [inner(node.expressions[index])] : []),
          ]),
        );
      case "TaggedTemplateExpression":
        return this.#tagged(node, inner);
      case "BinaryExpression":
        return node.operator === "+" ? cat(operandsOf(node).map(inner)) : null;
      case "ConditionalExpression":
        return any([inner(node.consequent), inner(node.alternate)]);
      case "LogicalExpression":
        return node.operator === "&&" ? inner(node.right) : any([inner(node.left), inner(node.right)]);
      case "SequenceExpression":
        return inner(node.expressions.at(-1));
      case "AssignmentExpression":
        return node.operator === "=" ? inner(node.right) : null;
      case "AwaitExpression":
        return inner(node.argument);
      case "Identifier":
        return this.#identifier(node, depth);
      case "MemberExpression":
        return this.#member(node, depth);
      case "ArrayExpression":
        return arrayTerm(node.elements, inner);
      case "ObjectExpression":
        return objectTerm(node.properties, inner);
      case "NewExpression":
      case "CallExpression":
        return this.#call(node, depth);
      case "ArrowFunctionExpression":
      case "FunctionExpression":
      case "FunctionDeclaration":
        return this.#function(node, depth);
      default:
        return null;
    }
  }

  #tagged(node: Node & { type: "TaggedTemplateExpression" }, inner: (part: Node) => Term): Term {
    const { tag, quasi } = node;
    const isRaw =
      tag.type === "MemberExpression" &&
      tag.object.type === "Identifier" &&
      tag.object.name === "String" &&
      this.#scopes.isFree(tag.object) &&
      this.keyOf(tag) === "raw";
    if (!isRaw) return null;
    return cat(
      quasi.quasis.flatMap(({ value }, index): Term[] => {
        const part = quasi.expressions[index];
        return part === undefined ? [value.raw] : [value.raw, inner(part)];
      }),
    );
  }

  #identifier(node: Node & { type: "Identifier" }, depth: number): Term {
    const binding = this.#scopes.bindingOf(node);
    if (binding === undefined) {
      if (node.name === "__dirname") return ["meta", "dirname"];
      return node.name === "__filename" ? ["meta", "filename"] : null;
    }
    const imported = importedBy(binding);
    if (imported !== undefined) return ["import", imported.specifier, imported.name];
    const known = this.#initial(binding, depth);
    const initial =
      known !== null && mayChange(binding, this.#scopes) ? any([known, ...this.#assigned(binding), null]) : known;
    if (binding.writes.length === 0) return initial;
    const written = binding.writes.map((value) => this.#compile(value, depth + 1));
    return any(hasInitial(binding) ? [initial, ...written] : written);
  }

  /** What is assigned to members of the constant, in place of the member. */
  #assigned(binding: Binding): Term[] {
    return this.#scopes.usesOf(binding).flatMap((use): Term[] => {
      const member = outer(use);
      const around = member === undefined ? undefined : outer(member);
      if (
        member?.type !== "MemberExpression" ||
        around?.type !== "AssignmentExpression" ||
        bare(around.left) !== member
      )
        return [];
      const key = this.keyOf(member);
      return key === undefined ? [] : [["record", key, this.#compile(around.right, 0)]];
    });
  }

  #initial({ declaration, node }: Binding, depth: number): Term {
    const inner = (part: Node | null | undefined): Term => this.#compile(part, depth + 1);
    if (declaration.type === "VariableDeclarator") {
      const loop = declaration.parent?.parent;
      const whole: Term =
        loop?.type === "ForOfStatement" && loop.left === declaration.parent
          ? ["each", inner(loop.right)]
          : inner(declaration.init);
      return declaration.id === node ? whole : this.#taken(declaration.id, node, whole);
    }
    if (declaration.type === "TSEnumDeclaration") return enumTerm(declaration, inner);
    if (declaration.type === "FunctionDeclaration") return inner(declaration);
    const fn = declaration.parent;
    if (!fn || !isFunction(fn) || !("params" in fn)) return null;
    const params: readonly Node[] = fn.params;
    const index = params.indexOf(declaration);
    const given: Term = ["param", this.idOf(fn), index];
    if (declaration.type === "AssignmentPattern") return any([given, inner(declaration.right)]);
    if (declaration.type === "RestElement" || index < 0) return null;
    return declaration === node ? given : this.#taken(declaration, node, given);
  }

  /** What a pattern takes of `whole` for the name. */
  #taken(pattern: Node, name: Node, whole: Term): Term {
    if (pattern.type === "AssignmentPattern")
      return any([this.#taken(pattern.left, name, whole), this.#compile(pattern.right, 0)]);
    if (pattern === name) return whole;
    if (pattern.type === "ArrayPattern") {
      const index = pattern.elements.findIndex((element) => element !== null && within(element).includes(name));
      const element = pattern.elements[index];
      return element === null || element === undefined || element.type === "RestElement"
        ? null
        : this.#taken(element, name, get(whole, index));
    }
    if (pattern.type !== "ObjectPattern") return null;
    const property = pattern.properties.find((each) => within(each).includes(name));
    if (property?.type !== "Property") return null;
    const key = propertyName(property) ?? this.#compile(property.key, 0);
    return this.#taken(property.value, name, get(whole, key));
  }

  #member(node: Node & { type: "MemberExpression" }, depth: number): Term {
    const { object, property } = node;
    if (object.type === "MetaProperty") {
      const key = this.keyOf(node) ?? "";
      return ["url", "dirname", "filename"].includes(key) ? ["meta", key] : null;
    }
    const target = this.#compile(object, depth + 1);
    const key: Term =
      !node.computed && property.type === "Identifier" ? property.name : this.#compile(property, depth + 1);
    if (object.type === "ThisExpression" && typeof key === "string") return this.#field(node, key, depth);
    return get(target, key);
  }

  /** `this.name`: what the class around it gives the field, and what else nobody knows. */
  #field(node: Node, key: string, depth: number): Term {
    let at: Node | null | undefined = node;
    while (at && at.type !== "ClassBody") at = at.parent;
    if (at?.type !== "ClassBody") return null;
    const field = at.body.find((each) => each.type === "PropertyDefinition" && propertyName(each) === key);
    if (field?.type !== "PropertyDefinition") return null;
    const value = this.#compile(field.value, depth + 1);
    const written = within(at).flatMap((each): Term[] => {
      if (each.type !== "AssignmentExpression" || each.left.type !== "MemberExpression") return [];
      return this.keyOf(each.left) === key ? [this.#compile(each.right, depth + 1)] : [];
    });
    // Whoever holds the object may assign the field as well.
    return any([value, ...written, null]);
  }

  #call(node: Node & { type: "CallExpression" | "NewExpression" }, depth: number): Term {
    const args = node.arguments.map((arg): Term =>
      arg.type === "SpreadElement" ? null : this.#compile(arg, depth + 1),
    );
    const callee = bare(node.callee);
    const builtin = this.builtinOf(callee);
    if (builtin?.member !== undefined)
      return statically(`${moduleAlias(builtin.module)}.${builtin.member}`, args, node);
    if (callee.type === "Identifier" && this.#scopes.isFree(callee)) {
      if (callee.name === "URL") return ["url", ...args];
      if (callee.name === "String" && node.type === "NewExpression") return args[0] ?? "";
      return ["static", callee.name, ...args];
    }
    if (node.type === "NewExpression") return null;
    if (callee.type === "MemberExpression") {
      const key = this.keyOf(callee);
      if (key === undefined) return null;
      const { object } = callee;
      if (object.type === "Identifier" && this.#scopes.isFree(object)) {
        if (object.name === "Object" && /^(?:freeze|seal|preventExtensions)$/.test(key)) return args[0] ?? null;
        if (object.name === "Promise" && key === "resolve") return args[0] ?? null;
        if (/^[A-Z]/.test(object.name)) return ["static", `${object.name}.${key}`, ...spread(node, args)];
      }
      if (this.functionOf(callee) === undefined)
        return this.#method(key, this.#compile(object, depth + 1), { node, args });
    }
    const target = this.#compile(callee, depth + 1);
    return target === null ? null : ["apply", target, ...args];
  }

  #method(
    key: string,
    target: Term,
    {
      node,
      args,
    }: { readonly node: Node & { type: "CallExpression" | "NewExpression" }; readonly args: readonly Term[] },
  ): Term {
    if (target === null) return null;
    if (isOperation(target) && target[0] === "import") return ["apply", get(target, key), ...args];
    if (key === "map" && isOperation(target) && target[0] === "list") {
      const [fn] = args;
      if (!isOperation(fn) || (fn[0] !== "function" && fn[0] !== "import")) return null;
      return ["list", ...target.slice(1).map((item, index): Term => ["apply", fn, item, index])];
    }
    const passed = node.arguments.map((arg, index): Term => {
      // replace(/\//g, "-"): a regular expression is only understood where it stands for plain characters.
      return arg.type === "Literal" && "regex" in arg ? (plainPattern(arg) ?? null) : (args[index] ?? null);
    });
    const isGlobal = node.arguments.some(
      (arg) => arg.type === "Literal" && "regex" in arg && arg.regex.flags.includes("g"),
    );
    return ["call", key === "replace" && isGlobal ? "replaceAll" : key, target, ...passed];
  }

  /** What a function answers, with its parameters left open. */
  #function(fn: Node, depth: number): Term {
    const known = this.#bodies.get(fn);
    if (known !== undefined) return known;
    if (!("body" in fn) || fn.body === null) return null;
    const { body } = fn;
    const isExpression = fn.type === "ArrowFunctionExpression" && fn.expression;
    // as: a function has one body, a block or an expression
    const answers = isExpression ? [body as Node] : returnsOf(body as Node);
    const compiled = answers.map((answer) => this.#compile(answer, depth + 1));
    const term: Term = ["function", this.idOf(fn), compiled.length === 0 ? null : any(compiled)];
    this.#bodies.set(fn, term);
    return term;
  }

  #declaredFunction(binding: Binding | undefined): Node | undefined {
    const declaration = binding?.declaration;
    if (declaration === undefined || binding === undefined || binding.writes.length > 0) return undefined;
    if (declaration.type === "FunctionDeclaration") return declaration;
    if (declaration.type !== "VariableDeclarator" || declaration.id !== binding.node || declaration.init === null)
      return undefined;
    const value = bare(declaration.init);
    return isFunction(value) ? value : undefined;
  }

  /** The value of a property of an object or of a static or own member of a class that stands in this file. */
  #propertyOf(object: Node, key: string): Node | undefined {
    const binding = object.type === "Identifier" ? this.#scopes.bindingOf(object) : undefined;
    const declaration = binding?.declaration;
    const init =
      declaration?.type === "VariableDeclarator" && declaration.init !== null ? bare(declaration.init) : declaration;
    if (init?.type === "ObjectExpression") {
      const property = init.properties.find((each) => each.type === "Property" && propertyName(each) === key);
      return property?.type === "Property" ? bare(property.value) : undefined;
    }
    const body = object.type === "ThisExpression" ? classAround(object) : classOf(init, this.#scopes);
    const member = body?.body.find(
      (each) => (each.type === "MethodDefinition" || each.type === "PropertyDefinition") && propertyName(each) === key,
    );
    if (member?.type === "MethodDefinition") return member.value;
    return member?.type === "PropertyDefinition" && member.value !== null ? bare(member.value) : undefined;
  }
}
