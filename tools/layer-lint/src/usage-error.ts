/** Something that was asked for cannot be done as it was asked. Its message is for people, and says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
