import { HOOK_LIMITS } from "#model";
import type { CelExpression, CelPart } from "./cel-expression.ts";
import { callResult, FUNCTIONS, METHODS, shownName } from "./functions.ts";
import { comparable, fieldValueType, isRecord, joined, ordered, typeName } from "./value-type.ts";
import type { ValueType } from "./value-type.ts";

/** What is found out about an expression before it is ever evaluated. */
export interface TypedExpression {
  /** `dyn` wherever there is a problem. */
  readonly type: ValueType;
  readonly problems: readonly string[];
  /** Fields that are looked at, by variable. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  /** Patterns of `matches`. */
  readonly patterns: readonly string[];
}

type Scope = ReadonlyMap<string, ValueType>;

/** The type of an expression over these variables. Everything that it may hold is listed here and in `functions.ts`. */
export function typeOfExpression(expression: CelExpression, variables: Scope): TypedExpression {
  const typing = new Typing();
  const type = typing.typeOf(expression, variables);
  return { type, problems: [...typing.problems], fields: typing.fields, patterns: typing.patterns };
}

const LITERALS: Readonly<Record<string, ValueType>> = {
  boolValue: "bool",
  bytesValue: "bytes",
  doubleValue: "double",
  int64Value: "int",
  nullValue: "null",
  stringValue: "string",
  uint64Value: "uint",
};

const EQUALITIES: ReadonlySet<string> = new Set(["_==_", "_!=_"]);
const ORDERINGS: ReadonlySet<string> = new Set(["_<_", "_<=_", "_>_", "_>=_"]);

class Typing {
  readonly problems = new Set<string>();
  readonly fields = new Map<string, Set<string>>();
  readonly patterns: string[] = [];

  typeOf(expression: CelExpression | undefined, scope: Scope): ValueType {
    const { exprKind } = expression ?? { exprKind: { case: undefined } };
    switch (exprKind.case) {
      case "constExpr":
        return LITERALS[exprKind.value.constantKind.case ?? ""] ?? this.#tell("holds a value that is not known here");
      case "identExpr":
        return scope.get(exprKind.value.name) ?? this.#unknownName(exprKind.value.name, scope);
      case "selectExpr":
        return this.#select(exprKind.value, scope);
      case "callExpr":
        return this.#call(exprKind.value, scope);
      case "listExpr":
        return this.#list(exprKind.value, scope);
      case "comprehensionExpr":
        return this.#comprehension(exprKind.value, scope);
      default:
        return this.#tell("makes a map or a message; only texts, numbers, lists, true, false and null can be written");
    }
  }

  #tell(problem: string): ValueType {
    this.problems.add(problem);
    return "dyn";
  }

  #unknownName(name: string, scope: Scope): ValueType {
    const known = [...scope.keys()].filter((other) => !other.startsWith("@")).join(", ");
    return this.#tell(`speaks of ${name}, which is not known here; there is ${known}`);
  }

  #select({ operand, field, testOnly }: CelPart<"selectExpr">, scope: Scope): ValueType {
    const type = this.typeOf(operand, scope);
    if (isRecord(type)) {
      const declared = type.fields.get(field);
      if (declared === undefined) {
        const known = [...type.fields.keys()].join(", ");
        return this.#tell(`speaks of ${type.variable}.${field}, and ${type.entity} has no such field; it has ${known}`);
      }
      const used = this.fields.get(type.variable) ?? new Set();
      this.fields.set(type.variable, used.add(field));
      return testOnly ? "bool" : fieldValueType(declared);
    }
    if (type !== "dyn") return this.#tell(`looks for .${field} in ${typeName(type)}, which has no fields`);
    return testOnly ? "bool" : "dyn";
  }

  #list({ elements }: CelPart<"listExpr">, scope: Scope): ValueType {
    const [first, ...others] = elements.map((element) => this.typeOf(element, scope));
    if (first === undefined) return { list: "dyn" };
    let type = first;
    for (const other of others) {
      const both = joined(type, other);
      if (both === undefined) return this.#tell(`lists ${typeName(type)} and ${typeName(other)} together`);
      type = both;
    }
    return { list: type };
  }

  #call(call: CelPart<"callExpr">, scope: Scope): ValueType {
    const { function: name, target, args } = call;
    const given = [...(target === undefined ? [] : [target]), ...args].map((one) => this.typeOf(one, scope));
    const [one = "dyn", other = "dyn", third = "dyn"] = given;
    if (target !== undefined) return this.#method(call, given);
    if (EQUALITIES.has(name)) return this.#compared(name, { one, other, allowed: comparable(one, other) });
    if (ORDERINGS.has(name)) return this.#compared(name, { one, other, allowed: ordered(one, other) });
    if (name === "@in") return this.#contained(one, other);
    if (name === "_[_]") return this.#indexed(one, other);
    if (name === "_?_:_") return this.#chosen(one, [other, third]);
    const overloads = FUNCTIONS.get(name);
    if (overloads === undefined) return this.#tell(`calls ${shownName(name)}, which is not known here`);
    return this.#result(callResult(name, given, overloads));
  }

  #method({ function: name, args }: CelPart<"callExpr">, given: readonly ValueType[]): ValueType {
    const overloads = METHODS.get(name);
    if (overloads === undefined) return this.#tell(`calls .${name}(), which is not known here`);
    if (name === "matches") this.#pattern(args[0]);
    return this.#result(callResult(name, given, overloads));
  }

  /** A pattern has to be known when the file is read: one that came from a record could be of any size. */
  #pattern(pattern: CelExpression | undefined): void {
    const literal = pattern?.exprKind.case === "constExpr" ? pattern.exprKind.value.constantKind : undefined;
    if (literal?.case !== "stringValue") this.#tell("matches a pattern that is not written out; give it as a text");
    else if (literal.value.length > HOOK_LIMITS.patternCharacters)
      this.#tell(
        `has a pattern of ${literal.value.length} characters; at most ${HOOK_LIMITS.patternCharacters} are allowed`,
      );
    else this.patterns.push(literal.value);
  }

  #result(result: { readonly type: ValueType } | { readonly problem: string }): ValueType {
    return "type" in result ? result.type : this.#tell(result.problem);
  }

  #compared(
    name: string,
    { one, other, allowed }: { readonly one: ValueType; readonly other: ValueType; readonly allowed: boolean },
  ): ValueType {
    if (!allowed) this.#tell(`compares ${typeName(one)} ${shownName(name)} ${typeName(other)}`);
    return "bool";
  }

  #contained(one: ValueType, list: ValueType): ValueType {
    const elements = typeof list === "object" && "list" in list ? list.list : list;
    if (elements === list && list !== "dyn") this.#tell(`looks for a value in ${typeName(list)}; in takes a list`);
    else if (!comparable(one, elements)) this.#tell(`looks for ${typeName(one)} in ${typeName(list)}`);
    return "bool";
  }

  #indexed(one: ValueType, index: ValueType): ValueType {
    if (one === "dyn" && !isRecord(index)) return "dyn";
    if (typeof one === "object" && "list" in one && (index === "int" || index === "dyn")) return one.list;
    const help = isRecord(one) ? `; write ${one.variable}.FIELD` : "";
    return this.#tell(`has ${typeName(one)}[${typeName(index)}], which nothing can be${help}`);
  }

  #chosen(condition: ValueType, [one, other]: readonly [ValueType, ValueType]): ValueType {
    if (condition !== "bool" && condition !== "dyn")
      this.#tell(`has ${typeName(condition)} before ?; it takes true or false`);
    return joined(one, other) ?? this.#tell(`is ${typeName(one)} or ${typeName(other)}, as ? decides; one of them`);
  }

  /** A macro such as `exists`, as the parser has spelled it out. */
  #comprehension(macro: CelPart<"comprehensionExpr">, scope: Scope): ValueType {
    const range = this.typeOf(macro.iterRange, scope);
    const listed = typeof range === "object" && "list" in range;
    if (!listed && range !== "dyn") this.#tell(`goes through ${typeName(range)}, which is no list`);
    const inside = new Map([
      ...scope,
      [macro.iterVar, listed ? range.list : "dyn"] as const,
      [macro.accuVar, this.typeOf(macro.accuInit, scope)] as const,
    ]);
    this.typeOf(macro.loopStep, inside);
    return this.typeOf(macro.result, inside);
  }
}
