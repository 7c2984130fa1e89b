export { checkedDocument } from "./checked-document.ts";
export type { CheckedDocument } from "./checked-document.ts";
export { issueProblems, located } from "./document-problems.ts";
export { fieldText, keysOf, told } from "./field-path.ts";
export type { Keys } from "./field-path.ts";
export { nearestName } from "./known-names.ts";
export { locatedDocument } from "./located-document.ts";
export type { LocatedDocument, LocatedProblem } from "./located-document.ts";
