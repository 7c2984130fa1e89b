/** What a key with at most one `*` matches of the text: the part for the `*`; undefined if it does not match. */
export function matchPattern(pattern: string, text: string): string | undefined {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text ? "" : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const fits = text.length >= before.length + after.length && text.startsWith(before) && text.endsWith(after);
  return fits ? text.slice(before.length, text.length - after.length) : undefined;
}

/** The targets of the keys that match best: the exact one, or those with the longest text before the `*`. */
export function bestMatch<T>(
  map: Readonly<Record<string, T>>,
  text: string,
): { readonly target: T; readonly star: string } | undefined {
  let best: { readonly target: T; readonly star: string; readonly length: number } | undefined;
  for (const [pattern, target] of Object.entries(map)) {
    const star = matchPattern(pattern, text);
    const length = pattern.includes("*") ? pattern.indexOf("*") : Infinity;
    if (star !== undefined && (best === undefined || length > best.length)) best = { target, star, length };
  }
  return best;
}
