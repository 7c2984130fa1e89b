import { Option } from "commander";
import type { LedgerFlags, LedgerVerifyFlags } from "./commands/ledger.ts";
import type { ProveFlags } from "./commands/prove.ts";
import type { ExecFlags } from "./commands/exec.ts";
import type { EventsFlags } from "./commands/events.ts";
import type { ExportFlags } from "./commands/export.ts";
import type { VerifyFlags } from "./commands/verify-expectations.ts";
import type { DoctorFlags } from "./commands/doctor.ts";
import type { EraseFlags } from "./commands/erase.ts";
import type { ShowFlags } from "./commands/show.ts";
import { collected, inState, JSON_FLAG, PLACE, placed, TLS, unlessInterrupted, wholeNumber } from "./declaring.ts";
import type { Declaring } from "./declaring.ts";
import type { CommonFlags, ServeFlags, SignerFlags } from "./host.ts";
import { addCertificateCommands } from "./certificate-commands.ts";
import { addContractCommands } from "./contract-commands.ts";
import { addHookFileCommands, addPlanFileCommands } from "./plan-file-commands.ts";
import { addPlatformCommands } from "./platform-commands.ts";
import { addRunCommands } from "./run-commands.ts";
import { addWorkCommands } from "./work-commands.ts";
import { addWorkerCommands } from "./worker-commands.ts";

/** Declares every command. What a command does is loaded when it runs, so that help does not wait for it. */
export function addCommands(declaring: Declaring): void {
  addServe(declaring);
  addWorkerCommands(declaring);
  addExec(declaring);
  addRunCommands(declaring);
  addContractCommands(declaring);
  addReaders(declaring);
  addProofs(declaring);
  addSealing(declaring);
  addErase(declaring);
  addPlatformCommands(declaring);
  addWorkCommands(declaring);
  addPlanFileCommands(declaring);
  addHookFileCommands(declaring);
  addCertificateCommands(declaring);
  addSurroundings(declaring);
}

function addServe({ program, session, onEnd }: Declaring): void {
  program
    .command("serve")
    .description("run a server until it is told to stop; its address is printed when it takes calls")
    .option("--listen <address>", "unix:/path, or host:port; off loopback with tls in the configuration")
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option("--no-token", "say aloud: TCP without a token, open to every local user")
    .option("--insecure", "say aloud: TCP off loopback without TLS")
    .option("--reflection", "describe the services to whoever asks")
    .option("--development", "show /_dev/jobs/stats and /_dev/jobs/dead on http.listen; never in production")
    .option(...JSON_FLAG)
    .action(async ({ token, ...flags }: ServeFlags & { readonly token: boolean }) => {
      const { serve } = await import("./commands/serve.ts");
      onEnd(await serve(token ? flags : { ...flags, noToken: true }, session));
    });
}

function addExec({ program, session, onEnd }: Declaring): void {
  placed(program.command("exec <file>"))
    .description("run the job of a YAML or JSON file (- = standard input)")
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
}

function addReaders({ program, session, onEnd }: Declaring): void {
  placed(program.command("events <run>"))
    .description("print the exact lines of a run's log")
    .option("--tail <n>", "only the last n lines", wholeNumber)
    .option("--after <seq>", "only lines with a greater sequence number", wholeNumber)
    .option("--follow", "wait for lines to come, until the run ends")
    .action(async (run: string, flags: EventsFlags) => {
      const { events } = await import("./commands/events.ts");
      onEnd(await unlessInterrupted(session, events(run, flags, session)));
    });

  placed(program.command("verify [run-or-file]"), { hasKey: true })
    .description("verify a log here, and say what is proven and what is not")
    .option("--seal <file>", "the seal (default: the one beside the log, or the server's)")
    .option("--key <file>", "a public key (PEM) that is trusted; may be given several times", collected)
    .option("--proof <file>", "in place of a log: what `prove` has written")
    .option("--head <hash>", "the head that was told when the run ended")
    .option("--expect <seq=hash>", "a line's hash as a stream has sent it; may be given several times", collected)
    .option("--plan <file>", "the job file, or the plan, that the log has to be of")
    .action(async (what: string | undefined, flags: VerifyFlags) => {
      const { verify } = await import("./commands/verify.ts");
      onEnd(await unlessInterrupted(session, verify(what, flags, session)));
    });

  placed(program.command("show <run>"))
    .description("show what a run has come to, or what a step has put out")
    .option("--output <step>", "only the output of this step, as JSON", wholeNumber)
    .option("--job <key>", "of a plan's run: the steps of this job, with what they have put out")
    .option("--attempt <n>", "with --job: of this attempt, 0 = the first (default: the last)", wholeNumber)
    .option("--disclose", "only the values of sensitive fields that are still kept here, as JSON, each verified")
    .action(async (run: string, flags: ShowFlags) => {
      const { show } = await import("./commands/show.ts");
      onEnd(await unlessInterrupted(session, show(run, flags, session)));
    });
}

function addProofs({ program, session, onEnd }: Declaring): void {
  placed(program.command("prove <run-or-file>"))
    .description("prove one line of a log, without the other lines")
    .requiredOption("--seq <n>", "the line's sequence number", wholeNumber)
    .option("--out <file>", "where to write the proof (default: standard output)")
    .action(async (what: string, flags: ProveFlags) => {
      const { prove } = await import("./commands/prove.ts");
      onEnd(await unlessInterrupted(session, prove(what, flags, session)));
    });

  const ledger = program.command("ledger").description("about the ledger of all runs of a state directory");
  inState(ledger.command("verify [dir]"))
    .description("verify a state directory's ledger and its runs from the files alone")
    .option("--since <file>", "a checkpoint that was kept; may be given several times", collected)
    .option("--key <file>", "public key (PEM) that has to have signed (default: the one beside the ledger)")
    .option("--ledger-only", "do not compare the files of the runs")
    .action(async (directory: string | undefined, flags: LedgerVerifyFlags) => {
      const { verifyLedgerHere } = await import("./commands/ledger.ts");
      onEnd(await unlessInterrupted(session, verifyLedgerHere(directory, flags, session)));
    });
  for (const [name, what] of [
    ["show", "show how far the ledger has come"],
    ["checkpoint", "print the newest checkpoint, to be kept elsewhere"],
  ] as const) {
    inState(ledger.command(`${name} [dir]`))
      .description(what)
      .action(async (directory: string | undefined, flags: LedgerFlags) => {
        const commands = await import("./commands/ledger.ts");
        const command = name === "show" ? commands.showLedger : commands.printCheckpoint;
        onEnd(await unlessInterrupted(session, command(directory, flags, session)));
      });
  }
}

function addSealing({ program, session, onEnd }: Declaring): void {
  placed(program.command("seal <run>"))
    .description("print the seal of a run that has ended: a signed statement about its log")
    .action(async (run: string, flags: CommonFlags) => {
      const { seal } = await import("./commands/seal.ts");
      onEnd(await unlessInterrupted(session, seal(run, flags, session)));
    });

  placed(program.command("export <run>"))
    .description("write one folder with all that is needed to verify a run elsewhere")
    .option("--out <dir>", "the folder to be made (default: the run's id)")
    .action(async (run: string, flags: ExportFlags) => {
      const { exportRun } = await import("./commands/export.ts");
      onEnd(await unlessInterrupted(session, exportRun(run, flags, session)));
    });

  placed(program.command("keys"))
    .description("print the public key that evidence is signed with")
    .action(async (flags: CommonFlags) => {
      const { keys } = await import("./commands/keys.ts");
      onEnd(await unlessInterrupted(session, keys(flags, session)));
    });

  program
    .command("signer")
    .description("sign for a server that shall not have the key, until told to stop; run it as another user")
    .requiredOption("--socket <path>", "unix socket to answer on")
    .requiredOption("--key-file <file>", "private key, PEM, mode 0600; made if it is not there")
    .addOption(
      new Option("--algorithm <name>", "kind of key to make").choices(["ed25519", "ecdsa-p256"]).default("ed25519"),
    )
    .option(...JSON_FLAG)
    .action(async (flags: SignerFlags) => {
      const { signer } = await import("./commands/signer.ts");
      onEnd(await signer(flags, session));
    });
}

function addErase({ program, session, onEnd }: Declaring): void {
  placed(program.command("erase <run>"))
    .description("erase what discloses the sensitive fields of an ended run; its log stays as it is")
    .option("--field <field...>", "only these, each a step and a JSON pointer: 0/stdout")
    .action(async (run: string, flags: EraseFlags) => {
      const { erase } = await import("./commands/erase.ts");
      onEnd(await erase(run, flags, session));
    });
}

function addSurroundings({ program, session, onEnd }: Declaring): void {
  placed(program.command("step-types"))
    .description("list what can be performed here, and with which parameters")
    .action(async (flags: CommonFlags) => {
      const { stepTypes } = await import("./commands/step-types.ts");
      onEnd(await unlessInterrupted(session, stepTypes(flags, session)));
    });

  placed(program.command("schedules"))
    .description("list when which plan is run, by the server's configuration")
    .action(async (flags: CommonFlags) => {
      const { schedules } = await import("./commands/schedules.ts");
      onEnd(await unlessInterrupted(session, schedules(flags, session)));
    });

  program
    .command("doctor")
    .description("look at what Verbatim stands on: Node, store, disk, lock, clock, history; or at a running server")
    .option(...PLACE.config)
    .option(...PLACE.state)
    .option(
      "--server [address]",
      "ask a running server instead (default: that of VERBATIM_SERVER or of the state directory)",
    )
    .option(...TLS.ca)
    .option(...TLS.cert)
    .option(...TLS.key)
    .option(...TLS.insecure)
    .option(...JSON_FLAG)
    .addOption(
      new Option(
        "--rebuild-index",
        "make the history of runs anew from their logs; no server may run meanwhile",
      ).conflicts("server"),
    )
    .action(async (flags: DoctorFlags) => {
      const { doctor } = await import("./commands/doctor.ts");
      onEnd(await unlessInterrupted(session, doctor(flags, session)));
    });

  placed(program.command("denials [log]"))
    .description("list the logs of the calls that a server has denied, or print the exact lines of one")
    .action(async (log: string | undefined, flags: CommonFlags) => {
      const { denials } = await import("./commands/denials.ts");
      onEnd(await unlessInterrupted(session, denials(log, flags, session)));
    });

  program
    .command("authz")
    .description("about who may call what")
    .command("print")
    .description("print the authorization table: each method, the roles that may call it, how it keeps tenants apart")
    .option(...JSON_FLAG)
    .action(async () => {
      const { printAuthorization } = await import("./commands/authz-print.ts");
      onEnd(await printAuthorization(session));
    });

  const config = program.command("config").description("about the configuration file, verbatim.yaml");
  config
    .command("schema")
    .description("print its JSON Schema")
    .action(async () => {
      const { printSchema } = await import("./commands/schema.ts");
      onEnd(await printSchema("config", session));
    });

  const job = program.command("job").description("about the job file that `exec` runs");
  job
    .command("schema")
    .description("print its JSON Schema")
    .action(async () => {
      const { printSchema } = await import("./commands/schema.ts");
      onEnd(await printSchema("job", session));
    });
}
