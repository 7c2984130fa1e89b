import { ts } from "ts-morph";
import type { Fault } from "./fault.ts";
import type { Machine } from "./step-lists.ts";
import { argumentsOf, bare, eachNode, isCallNode, memberOf, MUTATORS, unfrozen, wrapped, writtenBy } from "./syntax.ts";

/** Methods that give a list with some of its results missing, moved or made new. */
const THINNING = new Set("filter slice map flatMap toSpliced toSorted toReversed with splice".split(" "));
const CHANGING = /^(?:Object\.(?:assign|defineProperty|defineProperties|setPrototypeOf)|Reflect\.\w+)$/;

/** EXEC-002 for the list of results: it is appended to, read and returned, and what stands in it stays as it is. */
export function evidenceListFaults({ program, words }: Machine): Fault[] {
  const faults: Fault[] = [];
  const { checker } = program;
  for (const file of program.files) {
    eachNode(file, (node) => {
      if (!ts.isExpression(node)) return;
      const written = writtenBy(node);
      const message =
        (written === undefined ? undefined : writeFault(node, bare(written), { program, words })) ??
        (ts.isCallExpression(node) ? callFault(node) : undefined);
      if (message !== undefined) faults.push({ law: "evidence-per-call", node, message });
    });
  }
  return faults;

  function callFault(call: ts.CallExpression): string | undefined {
    const member = memberOf(bare(call.expression));
    if (member !== undefined && words.isEvidenceList(checker.getTypeAtLocation(member.object))) {
      if (member.name === undefined) return "The list of results is used in a way that cannot be followed";
      if (MUTATORS.has(member.name) && member.name !== "push")
        return `${member.name} takes results away or moves them: they are only appended`;
      const isThinned = THINNING.has(member.name) && words.isEvidenceList(checker.getTypeAtLocation(call));
      if (isThinned && isPassedOn(call))
        return `${member.name} makes another list of results: what was recorded is passed on whole`;
    }
    if (!CHANGING.test(call.expression.getText())) return undefined;
    const [first] = argumentsOf(call);
    const type = first && checker.getTypeAtLocation(bare(first));
    return type !== undefined && (words.isEvidence(type) || words.isEvidenceList(type))
      ? "A recorded result is changed"
      : undefined;
  }
}

function writeFault(
  node: ts.Expression,
  target: ts.Expression,
  { program, words }: Pick<Machine, "program" | "words">,
): string | undefined {
  const { checker } = program;
  const member = memberOf(target);
  if (member !== undefined) {
    const type = checker.getTypeAtLocation(bare(member.object));
    if (words.isEvidence(type)) return "A recorded result is changed";
    if (words.isEvidenceList(type) && !isAppending(node, member.object))
      return "The list of results is changed otherwise than by appending";
    if (!words.isEvidenceList(checker.getTypeAtLocation(target))) return undefined;
  } else if (!words.isEvidenceList(checker.getTypeAtLocation(target))) return undefined;
  return isAppending(node, target) ? undefined : "The list of results is put in the place of another";
}

/** `results[results.length] = result`, `results = [...results, result]`. */
function isAppending(node: ts.Expression, list: ts.Expression): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const name = bare(list).getText();
  const target = bare(node.left);
  if (ts.isElementAccessExpression(target)) return target.argumentExpression.getText() === `${name}.length`;
  const right = unfrozen(node.right);
  const [first] = ts.isArrayLiteralExpression(right) ? right.elements : [];
  return first !== undefined && ts.isSpreadElement(first) && bare(first.expression).getText() === name;
}

/** Whether the value is kept or given away, and not only counted or looked at on the spot. */
function isPassedOn(call: ts.Expression): boolean {
  const { parent } = wrapped(call);
  if (ts.isAwaitExpression(parent) || ts.isSpreadElement(parent)) return true;
  if (isCallNode(parent)) return argumentsOf(parent).some((each) => bare(each) === call);
  return (
    ts.isReturnStatement(parent) ||
    ts.isArrowFunction(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isYieldExpression(parent)
  );
}
