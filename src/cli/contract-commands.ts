import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { ContractsFlags } from "./commands/contracts.ts";
import type { ApproveFlags, ContractWordFlags, ResolveFlags } from "./commands/contract-words.ts";
import type { RequestFlags } from "./commands/request.ts";
import { CONTRACT_STATES, ROLLOUT_STAGES } from "./contracts/names.ts";
import { placed, unlessInterrupted, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags } from "./host.ts";
import { actorOf } from "./plan-run/words-of-people.ts";
import type { ActorFlags } from "./plan-run/words-of-people.ts";

const ACTOR = ["--actor <name>", "who, for the record (default: the user's name)"] as const;
const VERSION = [
  "--contract-version <n>",
  "the version that was looked at (default: the present one)",
  wholeNumber,
] as const;
const REASON = ["--reason <text>", "why, for the record"] as const;
const LISTED = 20;
const LISTED_AT_MOST = 10_000;

/** Declares the commands about requests and contracts. */
export function addContractCommands(declaring: Declaring): void {
  addRequest(declaring);
  const { program, session, onEnd } = declaring;
  const contract = program.command("contract").description("about one contract: a request and what became of it");
  const reading = (name: string, what: string, run: (id: string, flags: CommonFlags) => Promise<number>): Command =>
    placed(contract.command(`${name} <contract>`))
      .description(what)
      .action(async (id: string, flags: CommonFlags) => onEnd(await unlessInterrupted(session, run(id, flags))));
  reading(
    "show",
    "show what was asked, what the machines and people have said, and where it stands",
    async (id, flags) => {
      const { showContract } = await import("./commands/contracts.ts");
      return await showContract(id, flags, session);
    },
  );
  reading("log", "print the exact lines of its log, which `verbatim verify` takes", async (id, flags) => {
    const { contractLog } = await import("./commands/contracts.ts");
    return await contractLog(id, flags, session);
  });
  reading("audit", "show each check of its audit", async (id, flags) => {
    const { showAudit } = await import("./commands/explain.ts");
    return await showAudit(id, flags, session);
  });
  addReviews(contract, declaring);
  addRest(contract, declaring);
}

function addRequest({ program, session, onEnd }: Declaring): void {
  placed(program.command("request <file>"))
    .description("ask for a change (a file, - = standard input), which a second person has to approve")
    .option(...ACTOR)
    .option(
      "--expires-in-hours <n>",
      "after so many hours nobody can approve it any more, 1 to 720 (default: 72)",
      wholeNumber,
    )
    .action(async (file: string, flags: RequestFlags) => {
      const { request } = await import("./commands/request.ts");
      onEnd(await request(file, flags, session));
    });

  placed(program.command("contracts"))
    .description("list requests and what became of them, newest first")
    .addOption(new Option("--status <state...>", "only those in one of these states").choices([...CONTRACT_STATES]))
    .option("--queue", "only those that wait for a review, oldest first")
    .option("--limit <n>", `at most so many, 1 to ${LISTED_AT_MOST}`, listLimit, LISTED)
    .action(async (flags: ContractsFlags) => {
      const { contracts } = await import("./commands/contracts.ts");
      onEnd(await unlessInterrupted(session, contracts(flags, session)));
    });

  placed(program.command("explain <contract>"))
    .description("say of each rule of eligibility what it has seen, what it wants, and why it holds or not")
    .action(async (id: string, flags: CommonFlags) => {
      const { explain } = await import("./commands/explain.ts");
      onEnd(await unlessInterrupted(session, explain(id, flags, session)));
    });

  placed(program.command("replay-verdict <contract>"))
    .description("compute the recorded verdicts again from their recorded facts; they have to agree")
    .action(async (id: string, flags: CommonFlags) => {
      const { replayVerdicts } = await import("./commands/explain.ts");
      onEnd(await unlessInterrupted(session, replayVerdicts(id, flags, session)));
    });
}

function addReviews(contract: Command, { session, onEnd }: Declaring): void {
  placed(contract.command("approve <contract>"))
    .description("let it be carried out; whoever has submitted it may not")
    .option(...ACTOR)
    .option(...VERSION)
    .option("--plan <hash>", "hash of the plan that was looked at (default: the present one)")
    .option("--window-hours <n>", "it can be activated for so many hours, 1 to 168 (default: 24)", wholeNumber)
    .option(...REASON)
    .action(async (id: string, flags: ApproveFlags) => {
      const { approveContract } = await import("./commands/contract-words.ts");
      onEnd(await approveContract(id, flags, session));
    });
  placed(contract.command("reject <contract>"))
    .description("refuse it")
    .option(...ACTOR)
    .option(...VERSION)
    .requiredOption(...REASON)
    .action(async (id: string, flags: ContractWordFlags) => {
      const { rejectContract } = await import("./commands/contract-words.ts");
      onEnd(await rejectContract(id, flags, session));
    });
}

function addRest(contract: Command, { session, onEnd }: Declaring): void {
  placed(contract.command("activate <contract>"))
    .description("carry an approved one out, within its window, and wait for its audit")
    .option(...ACTOR)
    .option(...VERSION)
    .action(async (id: string, flags: ContractWordFlags) => {
      const { activateContract } = await import("./commands/contract-words.ts");
      onEnd(await activateContract(id, flags, session));
    });
  placed(contract.command("cancel <contract>"))
    .description("end one that is not active")
    .option(...ACTOR)
    .option(...VERSION)
    .requiredOption(...REASON)
    .action(async (id: string, flags: ContractWordFlags) => {
      const { cancelContract } = await import("./commands/contract-words.ts");
      onEnd(await cancelContract(id, flags, session));
    });
  placed(contract.command("resolve <contract>"))
    .description("say whether an audit passes that could not tell; one that failed stays failed")
    .option(...ACTOR)
    .option(...VERSION)
    .addOption(new Option("--pass", "it passes").conflicts("fail"))
    .option("--fail", "it fails, and what was changed is put back")
    .requiredOption(...REASON)
    .action(async (id: string, flags: ResolveFlags & { readonly fail?: boolean }) => {
      if (flags.pass !== true && flags.fail !== true) contract.error("error: say --pass or --fail", { exitCode: 2 });
      const { resolveAudit } = await import("./commands/contract-words.ts");
      onEnd(await resolveAudit(id, flags, session));
    });
  placed(contract.command("rollout <contract>"))
    .description("show how far a completed change is visible, or make it visible by one stage more")
    .addOption(new Option("--advance <stage>", "the next stage").choices([...ROLLOUT_STAGES]))
    .option(...ACTOR)
    .action(async (id: string, flags: CommonFlags & ActorFlags & { readonly advance?: string }) => {
      const { rollout } = await import("./commands/explain.ts");
      onEnd(await rollout(id, { ...flags, actor: actorOf(flags, session.host) }, session));
    });
}

function listLimit(text: string): number {
  const value = wholeNumber(text);
  if (value >= 1 && value <= LISTED_AT_MOST) return value;
  throw new InvalidArgumentError(`Expected a number from 1 to ${LISTED_AT_MOST}.`);
}
