import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { ExecFlags } from "./commands/exec.ts";
import type { EventsFlags } from "./commands/events.ts";
import type { VerifyFlags } from "./commands/verify.ts";
import type { ServeFlags } from "./host.ts";
import type { Session } from "./session.ts";

/** The flags that say where the machine is. */
const PLACE = {
  config: ["--config <file>", "configuration file (default: verbatim.yaml)"],
  state: ["--state <dir>", "state directory (default: .verbatim)"],
  server: [
    "--server <address>",
    "a running server, unix:/path or host:port (default: the one of the state directory, else none)",
  ],
} as const;

const JSON_FLAG = ["--json", "JSON on standard output"] as const;

/** Declares every command. What a command does is loaded when it runs, so that help does not wait for it. */
export function addCommands(program: Command, session: Session, onEnd: (code: number) => void): void {
  const declare = (usage: string, description: string): Command => program.command(usage).description(description);

  declare("serve", "run a server until it is told to stop; its address is printed when it takes calls")
    .option("--listen <address>", "unix:/path, or a loopback host:port")
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option("--no-token", "say aloud: TCP without a token, open to every local user")
    .option("--reflection", "describe the services to whoever asks")
    .option(...JSON_FLAG)
    .action(async ({ token, ...flags }: ServeFlags & { readonly token: boolean }) => {
      const { serve } = await import("./commands/serve.ts");
      onEnd(await serve(token ? flags : { ...flags, noToken: true }, session));
    });

  placed(declare("exec <file>", "run the job of a YAML or JSON file (- = standard input)"))
    .option("--job-id <id>", "the job's id; one that was used before with the same job attaches")
    .option("--contract-id <id>", "the contract under which the job is asked for")
    .option("--executed-by <name>", "who asks, for the record")
    .addOption(
      new Option("--on-disconnect <what>", "what becomes of the job when this command is gone")
        .choices(["continue", "cancel"])
        .default("continue"),
    )
    .addOption(
      new Option("--progress <mode>", "how progress is shown on standard error")
        .choices(["auto", "tty", "plain", "jsonl", "none"])
        .default("auto"),
    )
    .action(async (file: string, flags: ExecFlags) => {
      const { exec } = await import("./commands/exec.ts");
      onEnd(await exec(file, flags, session));
    });

  placed(declare("events <run>", "print the exact lines of a run's log"))
    .option("--tail <n>", "only the last n lines", wholeNumber)
    .option("--after <seq>", "only lines with a greater sequence number", wholeNumber)
    .option("--follow", "wait for lines to come, until the run ends")
    .action(async (run: string, flags: EventsFlags) => {
      const { events } = await import("./commands/events.ts");
      onEnd(await events(run, flags, session));
    });

  placed(declare("verify <run-or-file>", "verify a log here, and say what is proven and what is not"))
    .option("--head <hash>", "the head that was told when the run ended")
    .action(async (what: string, flags: VerifyFlags) => {
      const { verify } = await import("./commands/verify.ts");
      onEnd(await verify(what, flags, session));
    });
}

function placed(command: Command): Command {
  return command
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option(...PLACE.server)
    .option(...JSON_FLAG);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("Expected a whole number, 0 or more.");
}
