import { before, lawTable, machine, PLAIN } from "../support/machine-laws.ts";

lawTable("EXEC-004", {
  broken: [
    [
      "a member that is written to",
      machine(`  (health as { observeHealth: unknown }).observeHealth = () => ({}); »\n${PLAIN}`),
    ],
    ["a condition on what was seen", machine(before("if (!health.observeHealth().ok) break; »"))],
    [
      "a key made of what was seen",
      machine(
        `  const { ok } = health.observeHealth();\n  const texts = ['no', 'yes'];\n  const text = texts[Number(ok)]; »\n${PLAIN}\n  if (text === '') results.length;`,
      ),
    ],
    [
      "a way to health by a computed name",
      machine(
        `  const name = String(job.jobId);\n  (health as unknown as Record<string, () => void>)[name]?.(); »\n${PLAIN}`,
      ),
    ],
  ],
  kept: [
    ["a look before each step", machine(before("health.observeHealth();"))],
    [
      "what was seen, kept beside the results",
      machine(`  const seen: unknown[] = [];\n${before("seen.push(health.observeHealth());")}`),
    ],
    [
      "an observer that may be absent",
      machine(`  const eyes: HealthObserver | undefined = health;\n${before("eyes?.observeHealth();")}`),
    ],
  ],
});
