import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  ExecuteJobRequestSchema,
  ExecuteJobResponseSchema,
  ExecuteJobStreamRequestSchema,
  ExecuteJobStreamResponseSchema,
} from "../src/api/gen/verbatim/executor/v1/executor_pb.ts";

const SERVICE = "/verbatim.executor.v1.JobExecutorService";
const pass = (bytes: Buffer): Buffer => bytes;

/** A client that costs as little as it can: it counts messages and decodes only the last one, to see that all went well. */
export class RawClient implements Disposable {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure());
  }

  /** Streams a job; answers with the milliseconds to the first step result. @throws if it did not succeed. */
  stream(jobId: string, steps: number): Promise<number> {
    const request = toBinary(
      ExecuteJobStreamRequestSchema,
      create(ExecuteJobStreamRequestSchema, { job: job(jobId, steps) }),
    );
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const start = performance.now();
    let messages = 0;
    let firstResultMs = 0;
    let last: Buffer = Buffer.alloc(0);
    const call = this.#client.makeServerStreamRequest(`${SERVICE}/ExecuteJobStream`, pass, pass, Buffer.from(request));
    call.on("data", (message: Buffer) => {
      messages += 1;
      if (messages <= 2) firstResultMs ||= hasResult(message) ? performance.now() - start : 0;
      last = message;
    });
    call.on("error", reject);
    call.on("end", () => {
      const ended = fromBinary(ExecuteJobStreamResponseSchema, last).events.at(-1)?.event;
      const succeeded = ended?.case === "executionResult" ? ended.value.stepsSucceeded : -1;
      if (succeeded === steps) resolve(firstResultMs);
      else reject(new Error(`${succeeded} of ${steps} steps succeeded`));
    });
    return promise;
  }

  /** Executes a job in one call; answers with the response's bytes. @throws if it did not succeed. */
  async execute(jobId: string, steps: number): Promise<Buffer> {
    const response = await this.unary(`${SERVICE}/ExecuteJob`, executeRequest(jobId, steps));
    if (jobId.endsWith("-checked")) {
      const { result } = fromBinary(ExecuteJobResponseSchema, response);
      if (result?.stepsSucceeded !== steps) throw new Error(`${result?.stepsSucceeded} of ${steps} steps succeeded`);
    }
    return response;
  }

  unary(path: string, request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, pass, pass, request, (error, response) => {
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error("no response"));
      });
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The bytes of a request for a job of no-ops. */
export function executeRequest(jobId: string, steps: number): Buffer {
  return Buffer.from(toBinary(ExecuteJobRequestSchema, create(ExecuteJobRequestSchema, job(jobId, steps))));
}

function job(jobId: string, count: number) {
  const steps = Array.from({ length: count }, (_none, stepIndex) => ({
    stepIndex,
    stepType: "no_op",
    target: "bench",
  }));
  return { jobId, contractId: "bench", executedBy: "bench", steps };
}

function hasResult(message: Buffer): boolean {
  return fromBinary(ExecuteJobStreamResponseSchema, message).events.some(({ event }) => event.case === "stepResult");
}
