import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { Health } from "../../src/api/gen/grpc/health/v1/health_pb.ts";
import { EvidenceService } from "../../src/api/gen/verbatim/evidence/v1/evidence_pb.ts";
import { JobExecutorService } from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";
import type { ServerReflectionRequest } from "../../src/api/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflectionResponseSchema } from "../../src/api/gen/grpc/reflection/v1/reflection_pb.ts";
import { CallBudgets } from "../../src/api/grpc/call-budgets.ts";
import { reflectionServices } from "../../src/api/grpc/reflection-service.ts";
import type { ErasedBidi } from "../../src/api/grpc/service.ts";
import { request, startHouse, systemClock } from "./support/house.ts";

const run = promisify(execFile);
const BUF = "node_modules/.bin/buf";
const OVER_GRPC = ["--protocol", "grpc", "--http2-prior-knowledge"];

async function bufCurl(socket: string, ...rest: string[]): Promise<string> {
  const path = socket.slice("unix:".length);
  const { stdout } = await run(BUF, ["curl", "--unix-socket", path, ...OVER_GRPC, ...rest]);
  return stdout;
}

async function ask(messageRequest: ServerReflectionRequest["messageRequest"]) {
  const { shares } = new CallBudgets(systemClock).open(() => undefined);
  const [v1] = reflectionServices([JobExecutorService, EvidenceService, Health]);
  const reflect = v1!.implementation["serverReflectionInfo"] as ErasedBidi;
  const question = { $typeName: "grpc.reflection.v1.ServerReflectionRequest", host: "", messageRequest } as const;
  async function* questions() {
    yield await Promise.resolve(question);
  }
  const { value } = await reflect(questions(), { shares } as never).next();
  return (value as ReturnType<typeof asResponse>).messageResponse;
}

function asResponse() {
  return fromBinary(ServerReflectionResponseSchema, new Uint8Array());
}

describe("trap 11: reflection is made from our own descriptors", () => {
  test("trap 11: a foreign client lists the services and describes one with all that it needs", async () => {
    await using house = await startHouse({ reflection: true });
    const listed = await bufCurl(house.server.address, "--list-services", "http://localhost");
    expect(listed.trim().split("\n").toSorted()).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "verbatim.evidence.v1.EvidenceService",
      "verbatim.executor.v1.JobExecutorService",
      "verbatim.governance.v1.AuditService",
      "verbatim.governance.v1.ContractService",
      "verbatim.governance.v1.ReviewService",
      "verbatim.governance.v1.RolloutService",
      "verbatim.health.v1.PlatformHealthService",
      "verbatim.hooks.v1.HookService",
      "verbatim.orchestration.v1.RunService",
      "verbatim.platform.v1.PlatformService",
      "verbatim.queue.v1.QueueService",
      "verbatim.server.v1.ServerService",
    ]);
    const methods = await bufCurl(house.server.address, "--list-methods", "http://localhost");
    expect(methods).toContain("verbatim.executor.v1.JobExecutorService/ExecuteJobStream");
  });

  test("trap 11: a foreign client that knows nothing but reflection runs a job", async () => {
    await using house = await startHouse({ reflection: true });
    const url = "http://localhost/verbatim.executor.v1.JobExecutorService/ExecuteJob";
    const answer = await bufCurl(house.server.address, "-d", JSON.stringify(request("job-1", ["test.echo"])), url);
    expect(JSON.parse(answer)).toMatchObject({ result: { finalStatus: "JOB_STATUS_COMPLETED", stepsSucceeded: 1 } });
  });

  test.each(["grpc-v1", "grpc-v1alpha"])("trap 11: clients of the protocol %s are answered", async (protocol) => {
    await using house = await startHouse({ reflection: true });
    const listed = await bufCurl(
      house.server.address,
      "--reflect-protocol",
      protocol,
      "--list-services",
      "http://localhost",
    );
    expect(listed).toContain("verbatim.executor.v1.JobExecutorService");
  });

  test.each([
    "verbatim.executor.v1.JobExecutorService",
    "verbatim.executor.v1.JobExecutorService.ExecuteJob",
    "verbatim.executor.v1.ExecuteJobRequest",
    "verbatim.executor.v1.ExecuteJobRequest.job_id",
    "verbatim.executor.v1.JobStatus",
  ])("trap 11: the symbol %s is answered with its file and every file that it imports", async (symbol) => {
    const answer = await ask({ case: "fileContainingSymbol", value: symbol });
    expect(answer.case).toBe("fileDescriptorResponse");
    const { fileDescriptorProto } = answer.value as { fileDescriptorProto: Uint8Array[] };
    const files = fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const names = files.map(({ name }) => name);
    expect(names[0]).toBe("verbatim/executor/v1/executor.proto");
    for (const { dependency } of files) expect(names).toEqual(expect.arrayContaining(dependency));
  });

  test("trap 11: a file is found by its name, and what is not here is not found", async () => {
    await expect(ask({ case: "fileByFilename", value: "google/protobuf/struct.proto" })).resolves.toMatchObject({
      case: "fileDescriptorResponse",
    });
    for (const asked of ["fileByFilename", "fileContainingSymbol"] as const) {
      const answer = await ask({ case: asked, value: "nobody.v1.Nothing" });
      expect(answer).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
    }
    const extensions = await ask({ case: "allExtensionNumbersOfType", value: "verbatim.executor.v1.JobStep" });
    expect(extensions).toMatchObject({ case: "errorResponse", value: { errorCode: 12 } });
  });

  test("trap 11: the library that drops dependencies is not among ours", async () => {
    const { dependencies } = JSON.parse(await readFile("package.json", "utf8")) as { dependencies: object };
    expect(Object.keys(dependencies)).not.toContain("@grpc/reflection");
  });
});

test("a server describes nothing unless it was asked to", async () => {
  await using house = await startHouse();
  await expect(bufCurl(house.server.address, "--list-services", "http://localhost")).rejects.toThrow(/unimplemented/i);
});
