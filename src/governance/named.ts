/** Whether `value` names somebody or something: a text that is more than blanks. */
export function isNamed(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
