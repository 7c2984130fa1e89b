import type { Violation } from "#model";
import { tokenViolations } from "./page-token.ts";

/** Most that can be asked for at once, of whatever is listed in pages. */
export const LARGEST_PAGE = 1000;

/** Of the texts on a page: so that its message has at most 2 MiB, were each of them three bytes, as it is where two are one character. */
const PAGE_CHARACTERS = 512 * 1024;

/** As many as have together no more characters than a page may have; one at least, if there is one. */
export function fitting<Item>(items: readonly Item[], charactersOf: (item: Item) => number): readonly Item[] {
  let characters = 0;
  const end = items.findIndex((item, place) => (characters += charactersOf(item)) > PAGE_CHARACTERS && place > 0);
  return end === -1 ? items : items.slice(0, end);
}

/** Problems of how a page is asked for. */
export function pageViolations(pageSize: number, token = ""): readonly Violation[] {
  const size = { field: "page_size", description: `is ${pageSize}; expected 1 to ${LARGEST_PAGE}` };
  return [...(pageSize > LARGEST_PAGE ? [size] : []), ...tokenViolations(token)];
}
