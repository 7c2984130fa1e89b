import type { Violation } from "#model";

/** A token for a place in a list: opaque to clients, who only give it back. */
export function pageToken(...place: readonly [string, string]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** The place that {@link pageToken} wrote down; undefined if it has not written this. */
export function placeOfToken(token: string): readonly [string, string] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (!Array.isArray(place) || place.length !== 2) return undefined;
    const [first, second] = place as readonly unknown[]; // an array of two
    return typeof first === "string" && typeof second === "string" ? [first, second] : undefined;
  } catch {
    return undefined;
  }
}

/** Problems of a token that is not empty. */
export function tokenViolations(token: string): readonly Violation[] {
  if (token === "" || placeOfToken(token) !== undefined) return [];
  return [{ field: "page_token", description: "is none that this server gave; give back a next_page_token, or none" }];
}
