import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import type { BaselineEntry, BaselineSearch } from "../baseline/baseline-file.ts";
import { baselinePath, readBaseline, writeBaseline } from "../baseline/baseline-file.ts";
import type { JudgedEntry } from "../baseline/judge-entries.ts";
import { isDay, judgeEntries } from "../baseline/judge-entries.ts";
import { concise, conciseFinding } from "../report/concise.ts";
import type { ReportedFinding } from "../report/finding.ts";
import { printable } from "../report/printable.ts";
import type { Report } from "../report/report.ts";
import { withFindings } from "../report/report.ts";
import { viewOf } from "../report/view.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, rootOf, withProject } from "./cli.ts";
import type { OpenProject } from "./open-project.ts";
import { withOpenProject } from "./open-project.ts";

interface BaselineFlags extends ProjectFlags {
  readonly baseline?: string;
}

interface UpdateFlags extends BaselineFlags {
  readonly add?: true;
  readonly reason?: string;
  readonly owner?: string;
  readonly expires?: string;
}

const WHAT = `
The baseline lists findings that are known and excused until a day: {"version": 1, "entries": [{fingerprint, law, file,
message, reason, owner, expires}]}. It can only shrink by itself. An entry that is no longer found, has expired, has no reason,
owner or day, or speaks of a strict law makes every check end with 2. There is no other way to excuse a finding.`;

/** Declares `baseline` and what it can do. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  command.addHelpText("after", WHAT);
  command.addHelpText(
    "after",
    exitCodes({
      0: "done, and all findings are excused",
      1: "findings are not excused",
      2: "an entry does not hold, or the project cannot be read",
    }),
  );
  command.addHelpText(
    "after",
    examples(
      "baseline update",
      'baseline update --add --reason "moves with the new API" --owner ada --expires 2027-01-31',
      "baseline check",
    ),
  );
  const part = (name: string, description: string): Command =>
    withProject(command.command(name).description(description)).option(
      "--baseline <file>",
      "the file (default: layer-lint-baseline.json beside the configuration)",
    );
  const run = (flags: BaselineFlags, action: (opened: Opened) => ExitCode): Promise<ExitCode> =>
    withOpenProject(flags, io, (opened) => action(openBaseline(opened, flags, io)));
  part("update", "remove what was mended; with --add also add what is found now")
    .option("--add", "add every finding that is not excused yet; needs the three that follow")
    .option("--reason <text>", "why they may stay for now")
    .option("--owner <name>", "who answers for them")
    .option("--expires <day>", "the last day on which they are excused, YYYY-MM-DD")
    .action(async (flags: UpdateFlags) => end(await run(flags, (opened) => update(opened, flags, io))));
  part("prune", "remove every entry that does not hold: mended, expired, incomplete, of a strict law").action(
    async (flags: BaselineFlags) => end(await run(flags, (opened) => prune(opened, io))),
  );
  part("check", "say of every entry whether it holds").action(async (flags: BaselineFlags) =>
    end(await run(flags, (opened) => checkEntries(opened, io))),
  );
}

/** A project with its baseline, each entry looked at. */
interface Opened {
  readonly report: Report;
  readonly root: string;
  readonly path: string;
  readonly judged: readonly JudgedEntry[];
  readonly today: string;
}

function openBaseline({ report, reading }: OpenProject, flags: BaselineFlags, io: Io): Opened {
  const { project, config } = reading;
  const search: BaselineSearch = {
    root: project.root,
    configFolder: dirname(resolve(flags.config ?? join(flags.root ?? ".", "layers.json"))),
    configured: config.entries.baseline,
    asked: flags.baseline,
  };
  const { path } = baselinePath(search);
  // A baseline that was asked for and is not there yet can be begun here.
  const baseline = (existsSync(path) ? readBaseline(search) : undefined) ?? { entries: [] };
  if ("findings" in baseline) {
    const wrong = baseline.findings.map(({ file, line, message }) => `${file}:${line} ${message}`);
    throw new UsageError(`The baseline cannot be used:\n${wrong.join("\n")}`);
  }
  return {
    report,
    root: rootOf(flags),
    path,
    judged: judgeEntries(baseline, { report, today: io.today }),
    today: io.today,
  };
}

function update(opened: Opened, flags: UpdateFlags, io: Io): ExitCode {
  const kept = opened.judged.filter(({ finding }) => finding !== undefined);
  const known = new Set(kept.map(({ entry }) => entry.fingerprint));
  const open = opened.report.violations.filter(({ fingerprint }) => !known.has(fingerprint));
  const added = flags.add === true ? newEntries(open, flags, opened) : [];
  save(opened, [...kept.map(({ entry }) => entry), ...added], io);
  const still = flags.add === true ? open.filter(({ severity }) => severity === "unproven") : open;
  const code = outcome(opened, { still, broken: kept.filter(({ problems }) => problems.length > 0) }, io);
  if (flags.add !== true && open.some(({ severity }) => severity === "violation"))
    io.out('To excuse them for now: baseline update --add --reason "..." --owner NAME --expires YYYY-MM-DD\n');
  return code;
}

function prune(opened: Opened, io: Io): ExitCode {
  const kept = opened.judged.filter(({ problems }) => problems.length === 0);
  const known = new Set(kept.map(({ entry }) => entry.fingerprint));
  save(
    opened,
    kept.map(({ entry }) => entry),
    io,
  );
  return outcome(
    opened,
    { still: opened.report.violations.filter(({ fingerprint }) => !known.has(fingerprint)), broken: [] },
    io,
  );
}

function checkEntries({ judged, path, root }: Opened, io: Io): ExitCode {
  if (judged.length === 0) io.out(`No entries in ${relative(root, path)}\n`);
  for (const { entry, problems } of judged) {
    const state = problems.length === 0 ? `holds until ${entry.expires}` : `does not hold: ${problems.join("; ")}`;
    io.out(`${printable(`${entry.fingerprint} ${entry.law} ${entry.file}: ${state}`)}\n`);
  }
  return judged.some(({ problems }) => problems.length > 0) ? 2 : 0;
}

function newEntries(open: readonly ReportedFinding[], flags: UpdateFlags, { report, today }: Opened): BaselineEntry[] {
  const { reason = "", owner = "", expires = "" } = flags;
  if (reason.trim() === "" || owner.trim() === "" || !isDay(expires)) {
    throw new UsageError(
      "--add needs --reason, --owner and --expires (YYYY-MM-DD): whoever excuses a finding says why, who answers for it, and until when.",
    );
  }
  if (expires < today) throw new UsageError(`--expires ${expires} is over: today is ${today}.`);
  const addable = open.filter(({ severity }) => severity === "violation");
  const strict = addable.filter(({ law }) => report.laws.some((each) => each.id === law && each.strict));
  if (strict.length > 0) {
    throw new UsageError(
      `Nothing can be excused from a strict law; mend these first:\n${strict.map(conciseFinding).join("\n")}`,
    );
  }
  return addable.map(({ fingerprint, law, file, message }) => ({
    fingerprint,
    law,
    file,
    message,
    reason,
    owner,
    expires,
  }));
}

function save({ judged, path }: Opened, entries: readonly BaselineEntry[], io: Io): void {
  const kept = new Set(entries);
  const removed = judged.filter(({ entry }) => !kept.has(entry)).length;
  const added = entries.length - (judged.length - removed);
  for (const { entry, problems } of judged) {
    if (!kept.has(entry))
      io.out(`${printable(`removed ${entry.fingerprint} ${entry.law} ${entry.file}: ${problems.join("; ")}`)}\n`);
  }
  if (removed > 0 || added > 0) writeBaseline(path, entries);
  io.out(`${removed} removed, ${added} added, ${entries.length} in all\n`);
}

function outcome(
  { report, root }: Opened,
  { still, broken }: { readonly still: readonly ReportedFinding[]; readonly broken: readonly JudgedEntry[] },
  io: Io,
): ExitCode {
  for (const { entry, problems } of broken)
    io.err(`${printable(`${entry.fingerprint} ${entry.law} ${entry.file} does not hold: ${problems.join("; ")}`)}\n`);
  const rest = withFindings(report, { keep: still });
  if (still.length > 0) io.out(concise(viewOf(rest, { root })));
  return broken.length > 0 ? 2 : rest.exitCode;
}
