import { changeOperationName, timeText } from "#api";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import { safeText } from "../text/safe-text.ts";

/** `verbatim hooks list`: the hooks that a server holds at present. */
export async function listHooks(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { hooks, hooksHash, loadedAt, problem } = await connection.client.hooks.listHooks({});
  const at = timeText(loadedAt);
  if (json) {
    const told = hooks.map(({ name, entity, operation, jobs, condition }) => ({
      name,
      entity,
      operation: changeOperationName(operation),
      jobs,
      when: condition === "" ? null : condition,
    }));
    await stdout.json(`${JSON.stringify({ hooks: told, hash: hooksHash, loaded_at: at, problem })}\n`);
    return EXIT.succeeded;
  }
  const lines = hooks.map(({ name, jobs, condition }) => {
    const when = condition === "" ? "" : `, when ${safeText(condition)}`;
    return `${safeText(name)}: ${jobs.join(", ")}${when}\n`;
  });
  const bad = problem === "" ? "" : `The file as it is now does not hold, and these still do: ${safeText(problem)}\n`;
  await stdout.write(`${lines.join("")}loaded ${at}, sha256 ${hooksHash}\n${bad}`);
  return EXIT.succeeded;
}
