import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "#model";
import { assertLoaded } from "../../tools/layer-lint/src/testing/index.ts";
import { contractIn } from "../governance/contract/examples.ts";
import { drive } from "../support/drive.ts";
import { jobOf } from "../support/job.ts";
import { handlerOf, succeed } from "../support/step-handler.ts";

const ROOT = join(import.meta.dirname, "../..");
const EXECUTOR = join(ROOT, "src/executor");
/** Performs jobs of every kind. */
const USER = "test/laws/programs/use-executor.ts";

/** What the executor may know, by types alone. */
const KNOWN_LAYERS = ["effects", "evidence", "executor", "health", "model"];

describe("EXEC-005: the executor changes no contract and decides no eligibility, for it cannot reach them", () => {
  it("EXEC-005: at run time the executor loads no file but its own, also while it performs jobs", async () => {
    const own = readdirSync(EXECUTOR, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
    expect(own.length).toBeGreaterThan(5);
    const { loaded } = await assertLoaded({ root: ROOT, entry: USER });
    expect(loaded.map(({ file }) => file).toSorted()).toEqual([...own, USER].toSorted());
  });

  it("EXEC-005: the look at what is loaded can see other layers, packages and builtins", async () => {
    const { loaded } = await assertLoaded({ root: ROOT, entry: "#orchestration" });
    for (const part of ["src/governance/", "src/evidence/", "node_modules/canonicalize/", "node:crypto"])
      expect(loaded.some(({ file }) => file.includes(part))).toBe(true);
  });

  it("EXEC-005: the executor's types come from the layers below it and from nowhere else", () => {
    expect(layersOf(programOf())).toEqual(KNOWN_LAYERS);
  });

  it.each([
    ["a face", `import type { Contract } from "#governance"; export type Planted = Contract;`],
    ["a file", `export type { Contract } from "../governance/contract/contract.ts";`],
    ["a type in passing", `export const planted = {} as import("#governance").Contract;`],
    ["an import on the way", `export const planted = () => import("#orchestration");`],
  ])("EXEC-005: the look at the types can see a contract that comes by %s", (_, planted) => {
    const file = join(EXECUTOR, "planted.ts");
    expect(layersOf(programOf({ [file]: planted }))).toContain("governance");
  });

  it("EXEC-005: only an admitted job fits the executor, so it never is its own judge", () => {
    const errors = complaints(`
      import type { JobExecutor } from "#executor";
      import type { Clock, Job } from "#model";
      export const bypass = (machine: JobExecutor, job: Job, clock: Clock) => machine.executeJob(job, { clock });
    `);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/'Job' is not assignable to .*'AdmittedJob'/);
  });

  it("EXEC-005: what a handler is told of the contract is its name, and nothing of it can be written", () => {
    const errors = complaints(`
      import type { ExecutionContext } from "#effects";
      type Members = "jobId" | "contractId" | "stepIndex" | "stepType" | "target" | "executedBy" | "startedAt" | "idempotencyKey" | "epoch";
      type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;
      export const exactly: Same<keyof ExecutionContext, Members> = true;
      export const name = (context: ExecutionContext): string => context.contractId;
      export const write = (context: ExecutionContext): void => { context.contractId = "another"; };
    `);
    expect(errors).toEqual([expect.stringMatching(/Cannot assign to 'contractId' because it is a read-only property/)]);
  });

  it("EXEC-005: a contract that travels as a parameter cannot be changed by the handler that is given it", async () => {
    const contract = structuredClone(contractIn("ACTIVE"));
    const parameters = { contract: { ...contract } as unknown as JsonObject }; // a contract is plain data
    const handler = handlerOf(({ step }) => {
      Object.assign(step.parameters["contract"] as object, { state: "COMPLETED" }); // an object, see above
      return succeed();
    });
    const { result } = await drive(jobOf([{ parameters }]), handler);
    expect(result.stepResults).toMatchObject([
      { status: "FAILED", error: expect.stringMatching(/read only/) as string },
    ]);
    expect(parameters.contract).toEqual(contractIn("ACTIVE"));
  });

  it("EXEC-005: whatever becomes of a job, the evidence carries the contract's name as it was given", async () => {
    const handler = handlerOf(({ step }) => ({ success: step.stepIndex === 0, output: { contract_id: "another" } }));
    const { result, records } = await drive(jobOf(2, { contractId: "contract-9" }), handler);
    expect(handler.calls.map(({ context }) => context.contractId)).toEqual(["contract-9", "contract-9"]);
    expect(new Set(records.map(({ contract_id }) => contract_id))).toEqual(new Set(["contract-9"]));
    expect(result.contractId).toBe("contract-9");
  });
});

/** The compiler's view of the executor, with files added that are not on the disk. */
function programOf(added: Readonly<Record<string, string>> = {}): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(ROOT, "tsconfig.json"),
    {},
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
        throw new Error(ts.flattenDiagnosticMessageText(messageText, "\n"));
      },
    },
  );
  if (config === undefined) throw new Error("tsconfig.json could not be read");
  const disk = ts.createCompilerHost(config.options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => path in added || disk.fileExists(path),
    readFile: (path) => added[path] ?? disk.readFile(path),
    getSourceFile(path, target, ...rest) {
      const text = added[path];
      return text === undefined ? disk.getSourceFile(path, target, ...rest) : ts.createSourceFile(path, text, target);
    },
  };
  return ts.createProgram([join(EXECUTOR, "index.ts"), ...Object.keys(added)], { ...config.options, types: [] }, host);
}

/** The layers of which the compiler read a file, directly or by way of others. */
function layersOf(program: ts.Program): readonly string[] {
  const paths = program.getSourceFiles().map(({ fileName }) => relative(join(ROOT, "src"), fileName));
  const layers = paths.filter((path) => !path.startsWith("..")).map((path) => path.split("/")[0] ?? "");
  return [...new Set(layers)].sort();
}

/** What the compiler has against a file that says this. */
function complaints(text: string): readonly string[] {
  const path = join(ROOT, "test/laws/planted.ts");
  const program = programOf({ [path]: text });
  return program
    .getSemanticDiagnostics(program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
