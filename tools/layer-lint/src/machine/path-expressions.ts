import { ts } from "ts-morph";
import type { Note } from "./path-records.ts";
import { OUTCOME_MEMBERS, RecordKeeper } from "./path-records.ts";
import type { Exit, Flow, PathState, Valued } from "./path-state.ts";
import { distinct, distinctStates, knowing } from "./path-state.ts";
import type { Machine } from "./step-lists.ts";
import type { CallNode, FunctionNode } from "./syntax.ts";
import { argumentsOf, bare, calleeOf, eachNode, isAssignment, isCallNode, isFunctionNode, memberOf } from "./syntax.ts";
import type { Value } from "./values.ts";
import { passedThrough } from "./passed-through.ts";
import { compared, literalValue, memberValue, truthOf, UNDEFINED, UNKNOWN } from "./values.ts";

/** What expressions need of the walk that they are a part of. */
export interface WalkHooks {
  readonly note: Note;
  /** The ways out of a function of the layer. */
  readonly exitsOf: (fn: FunctionNode, values: readonly Value[]) => readonly Exit[];
}

/** Follows the paths through an expression: what it performs and records, and what is known of its value. */
export class ExpressionWalker {
  readonly #machine: Machine;
  readonly #hooks: WalkHooks;
  readonly #records: RecordKeeper;
  /** Members by which some condition of the layer decides: only they are worth knowing. */
  readonly #asked: ReadonlySet<string>;

  constructor(machine: Machine, hooks: WalkHooks) {
    this.#machine = machine;
    this.#hooks = hooks;
    this.#records = new RecordKeeper(machine, hooks.note);
    this.#asked = askedMembers(machine);
  }

  all(node: ts.Expression, starts: readonly PathState[], flow: Flow): Valued[] {
    return distinct(starts.flatMap((state) => this.evaluate(node, state, flow)));
  }

  states(node: ts.Expression, state: PathState, flow: Flow): PathState[] {
    return distinctStates(this.evaluate(node, state, flow).map((end) => end.state));
  }

  evaluate(expression: ts.Expression, state: PathState, flow: Flow): Valued[] {
    const node = bare(expression);
    const { checker } = this.#machine.program;
    if (ts.isIdentifier(node)) {
      if (node.text === "undefined") return [{ state, value: UNDEFINED }];
      const symbol = checker.getSymbolAtLocation(node);
      return [{ state, value: (symbol && state.known.get(symbol)) ?? unitValue(node, checker) }];
    }
    const literal = literalOf(node);
    if (literal !== undefined) return [{ state, value: literal }];
    if (isFunctionNode(node) || ts.isClassExpression(node)) return [{ state, value: UNKNOWN }];
    if (ts.isAwaitExpression(node)) return this.evaluate(node.expression, state, flow);
    if (ts.isYieldExpression(node)) return this.#yield(node, state, flow);
    if (isCallNode(node)) return this.#call(node, state, flow);
    if (ts.isConditionalExpression(node)) {
      const { yes, no } = this.condition(node.condition, state, flow);
      return [...this.all(node.whenTrue, yes, flow), ...this.all(node.whenFalse, no, flow)];
    }
    if (ts.isBinaryExpression(node)) return this.#binary(node, state, flow);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const { yes, no } = this.condition(node, state, flow);
      return [
        ...yes.map((each) => ({ state: each, value: literalValue(true) })),
        ...no.map((each) => ({ state: each, value: literalValue(false) })),
      ];
    }
    if (ts.isObjectLiteralExpression(node)) return this.#object(node, state, flow);
    const member = memberOf(node);
    if (member !== undefined)
      return this.evaluate(member.object, state, flow).map((end) => ({
        state: end.state,
        value: memberValue(end.value, member.name),
      }));
    return this.#parts(node, state, flow);
  }

  /** Any other expression: its parts one after the other, its value unknown. */
  #parts(node: ts.Node, state: PathState, flow: Flow): Valued[] {
    let states = [state];
    ts.forEachChild(node, (child) => {
      if (isFunctionNode(child)) return;
      if (ts.isExpression(child)) states = states.flatMap((each) => this.states(child, each, flow));
      else if (!ts.isTypeNode(child))
        states = states.flatMap((each) => this.#parts(child, each, flow).map((end) => end.state));
    });
    return distinctStates(states).map((each) => ({ state: each, value: UNKNOWN }));
  }

  #object(node: ts.ObjectLiteralExpression, state: PathState, flow: Flow): Valued[] {
    let paths: { state: PathState; members: Map<string, Value> }[] = [{ state, members: new Map() }];
    for (const property of node.properties) {
      paths = paths.flatMap(({ state: at, members }) => {
        if (ts.isSpreadAssignment(property)) {
          return this.evaluate(property.expression, at, flow).map((end) => ({
            state: end.state,
            members: this.#spread(members, end.value, property.expression),
          }));
        }
        const { name } = property;
        const key = name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
        const value = ts.isPropertyAssignment(property)
          ? property.initializer
          : ts.isShorthandPropertyAssignment(property)
            ? undefined
            : null;
        if (key === undefined || value === null) return [{ state: at, members }];
        if (!this.#asked.has(key) && value === undefined) return [{ state: at, members }];
        const ends =
          value === undefined ? [{ state: at, value: this.#shorthand(property, at) }] : this.evaluate(value, at, flow);
        if (!this.#asked.has(key))
          return distinctStates(ends.map((end) => end.state)).map((each) => ({ state: each, members }));
        return ends.map((end) => ({ state: end.state, members: new Map([...members, [key, end.value]]) }));
      });
    }
    return paths.map(({ state: at, members }) => ({ state: at, value: { kind: "object", members } }));
  }

  /** A spread that is not known could overwrite every member that its type has. */
  #spread(members: ReadonlyMap<string, Value>, value: Value, expression: ts.Expression): Map<string, Value> {
    if (value.kind === "object") return new Map([...members, ...value.members]);
    const type = this.#machine.program.checker.getTypeAtLocation(expression);
    const isOpen =
      (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0 || type.getStringIndexType() !== undefined;
    const parts = type.isUnion() ? type.types : [type];
    const overwrites = (name: string): boolean => isOpen || parts.some((each) => each.getProperty(name) !== undefined);
    return new Map([...members].filter(([name]) => !overwrites(name)));
  }

  #shorthand(property: ts.ObjectLiteralElementLike, state: PathState): Value {
    const symbol = this.#machine.program.checker.getShorthandAssignmentValueSymbol(property);
    return (symbol && state.known.get(symbol)) ?? UNKNOWN;
  }

  #binary(node: ts.BinaryExpression, state: PathState, flow: Flow): Valued[] {
    const { checker } = this.#machine.program;
    if (isAssignment(node)) {
      const target = bare(node.left);
      const symbol = ts.isIdentifier(target) ? checker.getSymbolAtLocation(target) : undefined;
      const isPlain = node.operatorToken.kind === ts.SyntaxKind.EqualsToken;
      return this.evaluate(node.right, state, flow).map((end) => ({
        state: knowing(this.#records.appended(node, end.state), symbol, isPlain ? end.value : UNKNOWN),
        value: end.value,
      }));
    }
    const operator = node.operatorToken.getText();
    if (operator === "&&" || operator === "||" || operator === "??") {
      if (operator === "??") {
        return this.evaluate(node.left, state, flow).flatMap((end) => {
          const isNothing =
            end.value.kind === "literal"
              ? end.value.value === undefined || end.value.value === null
              : end.value.kind === "object"
                ? false
                : undefined;
          const keep = isNothing === true ? [] : [end];
          return isNothing === false ? keep : [...keep, ...this.evaluate(node.right, end.state, flow)];
        });
      }
      const { yes, no } = this.condition(node.left, state, flow);
      const stays = (operator === "&&" ? no : yes).map((each) => ({
        state: each,
        value: operator === "&&" ? UNDEFINED : UNKNOWN,
      }));
      return [...stays, ...this.all(node.right, operator === "&&" ? yes : no, flow)];
    }
    return this.evaluate(node.left, state, flow).flatMap((left) =>
      this.evaluate(node.right, left.state, flow).map((right) => ({
        state: right.state,
        value: compared(operator, left.value, right.value),
      })),
    );
  }

  condition(expression: ts.Expression, state: PathState, flow: Flow): { yes: PathState[]; no: PathState[] } {
    const node = bare(expression);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      const { yes, no } = this.condition(node.operand, state, flow);
      return { yes: no, no: yes };
    }
    if (ts.isBinaryExpression(node)) {
      const operator = node.operatorToken.getText();
      if (operator === "&&" || operator === "||") {
        const left = this.condition(node.left, state, flow);
        const rights = (operator === "&&" ? left.yes : left.no).map((each) => this.condition(node.right, each, flow));
        const yes = rights.flatMap((each) => each.yes);
        const no = rights.flatMap((each) => each.no);
        return operator === "&&" ? { yes, no: [...left.no, ...no] } : { yes: [...left.yes, ...yes], no };
      }
    }
    const ends = this.evaluate(node, state, flow);
    const yes = ends.filter((end) => truthOf(end.value) !== false).map((end) => end.state);
    const no = ends.filter((end) => truthOf(end.value) !== true).map((end) => end.state);
    const missing = this.#isAboutHandler(node);
    if (missing === undefined) return { yes, no };
    const marked = (states: PathState[]): PathState[] => states.map((each) => ({ ...each, withoutHandler: node }));
    return missing ? { yes: marked(yes), no } : { yes, no: marked(no) };
  }

  /** Whether the condition asks for the thing that performs: true if it holds without, false if it holds with it. */
  #isAboutHandler(node: ts.Expression): boolean | undefined {
    const { words, program } = this.#machine;
    const isPort = (each: ts.Expression): boolean => words.isPort(program.checker.getTypeAtLocation(each));
    if (isPort(node)) return false;
    if (ts.isCallExpression(node)) {
      const member = memberOf(bare(node.expression));
      const holder = member && program.checker.getTypeAtLocation(member.object);
      const holdsPorts =
        holder !== undefined &&
        "target" in holder &&
        program.checker.getTypeArguments(holder as ts.TypeReference).some((each) => words.isPort(each)); // as: only references have a target
      return member?.name === "has" && holdsPorts ? false : undefined;
    }
    if (!ts.isBinaryExpression(node) || !(isPort(node.left) || isPort(node.right))) return undefined;
    return !node.operatorToken.getText().startsWith("!");
  }

  #yield(node: ts.YieldExpression, state: PathState, flow: Flow): Valued[] {
    const given = node.expression;
    if (given === undefined) return [{ state, value: UNKNOWN }];
    const { words, program } = this.#machine;
    const isResult = node.asteriskToken === undefined && words.isEvidence(program.checker.getTypeAtLocation(given));
    return this.evaluate(given, state, flow).map((end) => ({
      state: isResult ? this.#records.record(given, end.value, end.state) : end.state,
      value: UNKNOWN,
    }));
  }

  #call(call: CallNode, state: PathState, flow: Flow): Valued[] {
    const { functions } = this.#machine;
    const callee = bare(calleeOf(call));
    const object = memberOf(callee)?.object ?? (ts.isCallExpression(callee) ? callee : undefined);
    let paths: { state: PathState; values: Value[] }[] = (
      object === undefined ? [state] : this.states(object, state, flow)
    ).map((each) => ({ state: each, values: [] }));
    for (const argument of argumentsOf(call)) {
      const inner = ts.isSpreadElement(argument) ? argument.expression : argument;
      paths = paths.flatMap(({ state: at, values }) =>
        distinct(this.evaluate(inner, at, flow)).map((end) => ({ state: end.state, values: [...values, end.value] })),
      );
    }
    if (functions.callsPort(call)) return paths.flatMap(({ state: at }) => this.#perform(call, at, flow));
    const targets = functions.calleesOf(call);
    if (targets.length > 0)
      return distinct(
        paths.flatMap(({ state: at, values }) =>
          targets.flatMap((target) => this.#enter(call, { target, values, state: at, flow })),
        ),
      );
    if (callee.getText() === "Promise.race")
      return this.#race(
        call,
        paths.map(({ state: at }) => at),
        flow,
      );
    return paths.map(({ state: at, values }) => ({
      state: this.#records.builtIn(call, values, at),
      value: passedThrough(callee, values),
    }));
  }

  /** Any of those that race may be first. If it is not the step, the step has failed: nobody waits for its end. */
  #race(call: CallNode, starts: readonly PathState[], flow: Flow): Valued[] {
    const [list] = argumentsOf(call);
    const racers = list !== undefined && ts.isArrayLiteralExpression(bare(list)) ? bare(list) : undefined;
    if (racers === undefined || !ts.isArrayLiteralExpression(racers))
      return starts.map((state) => ({ state, value: UNKNOWN }));
    return starts.flatMap((state) =>
      racers.elements.flatMap((racer) => {
        const after = this.#isStep(racer) || state.performed === 0 ? state : { ...state, failed: true };
        // What is called in the list has been followed already, as part of the list.
        return ts.isCallExpression(bare(racer))
          ? [{ state: after, value: UNKNOWN }]
          : this.evaluate(racer, after, flow);
      }),
    );
  }

  /** Whether the expression is the promise of a performed step, or the name of one. */
  #isStep(expression: ts.Expression): boolean {
    const { functions, program } = this.#machine;
    const node = bare(expression);
    if (isCallNode(node)) return functions.performs(node);
    const [declaration] = (ts.isIdentifier(node) && program.checker.getSymbolAtLocation(node)?.declarations) || [];
    if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return false;
    return declaration.initializer !== undefined && this.#isStep(declaration.initializer);
  }

  #perform(call: CallNode, state: PathState, flow: Flow): Valued[] {
    const after = this.#performed(call, state, 1);
    flow.exits.push({ state: { ...after, failed: true }, value: UNKNOWN, by: "throw", node: call });
    return [{ state: after, value: UNKNOWN }];
  }

  #performed(call: CallNode, state: PathState, times: 0 | 1 | 2): PathState {
    if (times === 0) return state;
    const sum = state.performed + times;
    if (sum > 1 && times === 1)
      this.#hooks.note("call-once", call, "A step is performed a second time on this path: once is all it gets");
    return { ...state, performed: sum > 1 ? 2 : 1, performedAt: call };
  }

  #enter(
    call: CallNode,
    {
      target,
      values,
      state,
      flow,
    }: {
      readonly target: FunctionNode;
      readonly values: readonly Value[];
      readonly state: PathState;
      readonly flow: Flow;
    },
  ): Valued[] {
    const returned: Valued[] = [];
    for (const exit of this.#hooks.exitsOf(target, values)) {
      const after = this.#performed(call, state, exit.state.performed);
      const recorded = new Set([
        ...state.recorded,
        ...[...exit.state.recorded].map((each) => this.#outside(each, call, target)),
      ]);
      const failed = state.failed || exit.state.failed;
      const joined: PathState = {
        ...after,
        recorded,
        failed,
        ...(exit.state.caughtAt !== undefined && { caughtAt: exit.state.caughtAt }),
        ...(exit.state.performed > 0 && exit.state.performedAt !== undefined && { performedAt: call }),
      };
      if (exit.by === "throw") flow.exits.push({ state: joined, value: UNKNOWN, by: "throw", node: call });
      else returned.push({ state: joined, value: this.#told(call, exit, joined) });
    }
    return distinct(returned);
  }

  /** A result that says nothing else says what happened. */
  #told(call: CallNode, { value, state: inner }: Exit, { failed }: PathState): Value {
    if (value.kind !== "unknown" && !(value.kind === "object" && !value.members.has("status"))) return value;
    const { words, program } = this.#machine;
    const type = program.checker.getTypeAtLocation(call);
    const awaited = program.checker.getAwaitedType(type) ?? type;
    if (!words.isEvidence(awaited) || (inner.performed === 0 && !failed)) return value;
    const members = value.kind === "object" ? value.members : new Map<string, Value>();
    return {
      kind: "object",
      members: new Map([...members, ["status", literalValue(failed ? "FAILED" : "COMPLETED")]]),
    };
  }

  /** What a function recorded under the name of its parameter is what the caller gave it. */
  #outside(recorded: ts.Symbol | ts.Node, call: CallNode, target: FunctionNode): ts.Symbol | ts.Node {
    const { checker } = this.#machine.program;
    const index = target.parameters.findIndex((each) => checker.getSymbolAtLocation(each.name) === recorded);
    const argument = argumentsOf(call)[index];
    return (argument && this.#records.identity(argument)) ?? recorded;
  }
}

/** The names of members that conditions look at, and those by which a result says how its step ended. */
function askedMembers({ program }: Machine): Set<string> {
  const names = new Set<string>(OUTCOME_MEMBERS);
  const ask = (condition: ts.Node): void => {
    const member = memberOf(condition);
    if (member?.name !== undefined) names.add(member.name);
    if (ts.isIdentifier(condition)) names.add(condition.text); // a member that was taken out of its object
    ts.forEachChild(condition, ask);
  };
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (ts.isIfStatement(node) || ts.isWhileStatement(node) || ts.isSwitchStatement(node)) ask(node.expression);
      if (ts.isConditionalExpression(node)) ask(node.condition);
      if (ts.isBinaryExpression(node) && /^(&&|\|\||\?\?)$/.test(node.operatorToken.getText())) ask(node.left);
    });
  }
  return names;
}

/** The value of an expression whose type, or whose promise's, has only one. */
function unitValue(node: ts.Expression, checker: ts.TypeChecker): Value {
  const type = checker.getTypeAtLocation(node);
  const awaited = checker.getAwaitedType(type) ?? type;
  if ((awaited.flags & ts.TypeFlags.Undefined) !== 0) return UNDEFINED;
  if ((awaited.flags & ts.TypeFlags.Null) !== 0) return literalValue(null);
  return awaited.isStringLiteral() || awaited.isNumberLiteral() ? literalValue(awaited.value) : UNKNOWN;
}

function literalOf(node: ts.Expression): Value | undefined {
  if (ts.isStringLiteralLike(node)) return literalValue(node.text);
  if (ts.isNumericLiteral(node)) return literalValue(Number(node.text));
  if (node.kind === ts.SyntaxKind.TrueKeyword) return literalValue(true);
  if (node.kind === ts.SyntaxKind.FalseKeyword) return literalValue(false);
  if (node.kind === ts.SyntaxKind.NullKeyword) return literalValue(null);
  return undefined;
}
