import { outboxSql, readHooks } from "#api";
import type { OutboxDialect } from "#api";
import { Fault, HOOK_LIMITS } from "#model";
import { EXIT } from "../exit-codes.ts";
import { givenText } from "../given-text.ts";
import type { Session } from "../session.ts";

/** Flags of `hooks outbox`. */
export interface HooksOutboxFlags {
  readonly dialect: OutboxDialect;
}

/**
 * `verbatim hooks outbox FILE`: the SQL of the outbox that a file of hooks needs.
 * @throws {Fault} INVALID_REQUEST that lists all that is wrong with it.
 */
export async function hooksOutbox(
  path: string,
  { dialect }: HooksOutboxFlags,
  { host, stdout }: Session,
): Promise<number> {
  const { name, text } = await givenText(path, { what: "file of hooks", bytes: HOOK_LIMITS.fileBytes }, host);
  const read = await readHooks(text, { name });
  if ("violations" in read)
    throw new Fault("INVALID_REQUEST", `The hooks in ${name} are not valid.`, { violations: read.violations });
  await stdout.write(outboxSql(read.value, dialect));
  return EXIT.succeeded;
}
