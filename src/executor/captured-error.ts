const MAX_CHARACTERS = 4096;

/** The text of whatever was thrown: never throws itself, well-formed, at most 4,096 characters. */
export function capturedError(thrown: unknown): string {
  try {
    const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
    return boundedText(text) || "an error without a message";
  } catch {
    return "an error that cannot be described";
  }
}

/** The text, well-formed, and cut to 4,096 characters with a mark of the cut. */
export function boundedText(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.length <= MAX_CHARACTERS
    ? wellFormed
    : `${wellFormed.slice(0, MAX_CHARACTERS - 1).toWellFormed()}…`;
}
