import { InvalidArgumentError, Option } from "commander";
import { SYSTEM_SCOPE } from "#model";
import type { HealthStatus } from "#model";
import type { ReportFlags, SourceFlags } from "./commands/health.ts";
import type { ChangesFlags } from "./commands/platform.ts";
import { listLimit, LISTED_AT_MOST, placed, unlessInterrupted, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags } from "./host.ts";

const STATUSES: readonly HealthStatus[] = ["HEALTHY", "DEGRADED", "BLOCKED", "UNKNOWN"];
const CHANGES_LISTED = 100;
const SOURCE = ["--source <name>", "who says it (default: person: and the user's name)"] as const;

/** Declares the commands about the platform and its health. */
export function addPlatformCommands(declaring: Declaring): void {
  addLists(declaring);
  addHealth(declaring);
}

function addLists({ program, session, onEnd }: Declaring): void {
  placed(program.command("capabilities"))
    .description("list the platform's capabilities with their states and parameters")
    .action(async (flags: CommonFlags) => {
      const { capabilities } = await import("./commands/platform.ts");
      onEnd(await unlessInterrupted(session, capabilities(flags, session)));
    });

  placed(program.command("configuration"))
    .description("list the values of the platform's configuration; of this program's own: config")
    .action(async (flags: CommonFlags) => {
      const { configuration } = await import("./commands/platform.ts");
      onEnd(await unlessInterrupted(session, configuration(flags, session)));
    });

  placed(program.command("changes"))
    .description("list what was changed on the platform, in order: also what nobody has declared")
    .option("--after <seq>", "only entries with a greater sequence number", wholeNumber, 0)
    .option("--limit <n>", `at most so many, 1 to ${LISTED_AT_MOST}`, listLimit, CHANGES_LISTED)
    .action(async (flags: ChangesFlags) => {
      const { changes } = await import("./commands/platform.ts");
      onEnd(await unlessInterrupted(session, changes(flags, session)));
    });
}

function addHealth({ program, session, onEnd }: Declaring): void {
  const health = program.command("health").description("about the health of the platform and its capabilities");

  placed(health.command("show [scope]", { isDefault: true }))
    .description("show what health comes to, of the platform (system) or of a capability, and who has said what")
    .action(async (scope: string | undefined, flags: CommonFlags) => {
      const { showHealth } = await import("./commands/health.ts");
      onEnd(await unlessInterrupted(session, showHealth(scope ?? SYSTEM_SCOPE, flags, session)));
    });

  placed(health.command("report <scope>"))
    .description("say something about the health of the platform (system) or of a capability")
    .addOption(new Option("--status <status>", "what is said").choices(STATUSES).makeOptionMandatory())
    .option("--reason <text>", "why, at most 500 characters", "")
    .option("--ttl <seconds>", "seconds after which it counts as UNKNOWN (default: never)", seconds)
    .option(...SOURCE)
    .action(async (scope: string, flags: ReportFlags) => {
      const { reportHealth } = await import("./commands/health.ts");
      onEnd(await unlessInterrupted(session, reportHealth(scope, flags, session)));
    });

  placed(health.command("withdraw <scope>"))
    .description("take back what was said about the platform (system) or a capability; exit code 4 if nothing was")
    .option(...SOURCE)
    .action(async (scope: string, flags: SourceFlags) => {
      const { withdrawHealth } = await import("./commands/health.ts");
      onEnd(await unlessInterrupted(session, withdrawHealth(scope, flags, session)));
    });
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("Expected a number of seconds, more than 0.");
}
