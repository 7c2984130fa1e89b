import type { Command } from "commander";
import { explainFindings, explainKind, explainLaw } from "../explain/explanations.ts";
import { findingsNamed } from "../explain/findings-named.ts";
import { LAW_KINDS } from "../laws/index.ts";
import { viewOf } from "../report/view.ts";
import { UsageError } from "../usage-error.ts";
import type { ExitCode, Io, ProjectFlags } from "./cli.ts";
import { examples, exitCodes, paintOf, rootOf, withProject } from "./cli.ts";
import type { OpenProject } from "./open-project.ts";
import { withOpenProject } from "./open-project.ts";

/** Declares `explain`. */
export function declare(command: Command, io: Io, end: (code: ExitCode) => void): void {
  withProject(command)
    .argument("<what>", "a law of the configuration, a kind of law, or a finding: its id, or FILE:LINE")
    .addHelpText(
      "after",
      exitCodes({ 0: "it was explained", 1: "never", 2: "nothing has that name, or the project cannot be read" }),
    )
    .addHelpText(
      "after",
      examples("explain EXEC-005", "explain cannot-reach", "explain 3f2a9c1b", "explain src/executor/run.ts:12"),
    )
    .action(async (what: string, flags: ProjectFlags) => {
      const root = rootOf(flags);
      end(
        await withOpenProject(flags, io, (opened) => {
          io.out(explain(what, opened, viewOf(opened.report, { root, paint: paintOf(io) })));
          return 0;
        }),
      );
    });
}

function explain(what: string, opened: OpenProject, view: ReturnType<typeof viewOf>): string {
  const law = opened.reading.laws.find((each) => each.id === what);
  if (law !== undefined) return explainLaw(law, { ...opened, view });
  const kind = LAW_KINDS.find((each) => each.kind === what);
  if (kind !== undefined) return explainKind(kind, { ...opened, view });
  const findings = findingsNamed(what, opened.report);
  if (findings.length > 0) return explainFindings(findings, { ...opened, view });
  const laws = opened.reading.laws.map((each) => each.id).join(", ");
  const kinds = LAW_KINDS.map((each) => each.kind).join(", ");
  throw new UsageError(
    `"${what}" is no law, no kind of law and no finding here. The laws are ${laws}. The kinds are ${kinds}. The ids of findings stand behind them in the report of \`layer-lint check\`.`,
  );
}
