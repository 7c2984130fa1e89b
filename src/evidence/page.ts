/** Characters of the lines of one page: what is read at once is held until its reader has taken it. */
export const PAGE_CHARACTERS = 64 * 1024;

/** The first of these lines: as many as have {@link PAGE_CHARACTERS} together, one at least. What lies behind is not asked for. */
export function pageOf(lines: Iterable<string>): readonly string[] {
  const page: string[] = [];
  let characters = 0;
  for (const line of lines) {
    characters += line.length;
    if (characters > PAGE_CHARACTERS && page.length > 0) break;
    page.push(line);
    if (characters >= PAGE_CHARACTERS) break;
  }
  return page;
}
