import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { connect as connectHttp2 } from "node:http2";
import type { ClientHttp2Stream } from "node:http2";
import { connect as connectSocket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import {
  ExecuteJobStreamRequestSchema,
  ExecuteJobStreamResponseSchema,
} from "../../src/api/gen/verbatim/executor/v1/executor_pb.ts";

const PATH = "/verbatim.executor.v1.JobExecutorService/ExecuteJobStream";
const POLL_MS = 50;
const FRAME_HEADER_BYTES = 5;

/** What jobs are asked for. */
export interface NoopJobs {
  readonly jobs: number;
  readonly steps: number;
  /** Jobs that run at the same time: the next begins when one has ended. */
  readonly atATime: number;
  readonly name: string;
}

/** A request for a job of no-ops. */
export function noopJob(jobId: string, steps: number) {
  const list = Array.from({ length: steps }, (_, stepIndex) => ({ stepIndex, stepType: "noop" }));
  return { jobId, contractId: "contract-1", steps: list };
}

/** Streams that are open and of which nothing was read: the window of each is full. */
export interface UnreadStreams extends Disposable {
  /** Reads one of them to its end at last; answers the sequence numbers that it tells. */
  readLate(index: number): Promise<readonly number[]>;
}

/**
 * Streams jobs over one connection of plain HTTP/2 and reads nothing of any stream (the client of grpc-js would: it
 * buffers what nobody has asked for). Resolves when all jobs have ended.
 * @param socket path of the server's socket.
 */
export async function runUnread(
  socket: string,
  watcher: VerbatimClient,
  { jobs, steps, atATime, name }: NoopJobs,
): Promise<UnreadStreams> {
  const session = connectHttp2("http://localhost", { createConnection: () => connectSocket(socket) });
  const streams: ClientHttp2Stream[] = [];
  for (let ended = 0; ended < jobs; ended = await endedJobs(watcher, name)) {
    while (streams.length < Math.min(jobs, ended + atATime)) {
      const stream = session.request({
        ":method": "POST",
        ":path": PATH,
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.end(framed(noopJob(`${name}-${streams.length}`, steps)));
      streams.push(stream);
    }
    await pause(POLL_MS);
  }
  return {
    readLate: async (index) => {
      const stream = streams[index];
      if (stream === undefined) throw new Error(`there is no stream ${index}`);
      return await sequenceNumbers(stream);
    },
    [Symbol.dispose]: () => session.destroy(),
  };
}

/** Streams the same jobs and reads everything; resolves with the number of events once all jobs have ended. */
export async function runRead(client: VerbatimClient, { jobs, steps, atATime, name }: NoopJobs): Promise<number> {
  let events = 0;
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < jobs) {
      begun += 1;
      const job = noopJob(`${name}-${begun - 1}`, steps);
      for await (const batch of client.executor.executeJobStream({ job })) events += batch.events.length;
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return events;
}

/** Jobs of this name that have ended. */
async function endedJobs(client: VerbatimClient, name: string): Promise<number> {
  const { runs } = await client.evidence.listRuns({ pageSize: 1000 });
  return runs.filter(({ runId, complete }) => complete && runId.startsWith(`${name}-`)).length;
}

/** A request as gRPC frames it: one byte for "not compressed", four for its length. */
function framed(job: ReturnType<typeof noopJob>): Buffer {
  const bytes = toBinary(ExecuteJobStreamRequestSchema, create(ExecuteJobStreamRequestSchema, { job }));
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([header, bytes]);
}

async function sequenceNumbers(stream: ClientHttp2Stream): Promise<readonly number[]> {
  const numbers: number[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.length < FRAME_HEADER_BYTES ? Infinity : FRAME_HEADER_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) break;
      const { events } = fromBinary(ExecuteJobStreamResponseSchema, rest.subarray(FRAME_HEADER_BYTES, end));
      numbers.push(...events.map(({ seq }) => Number(seq)));
      rest = rest.subarray(end);
    }
  }
  return numbers;
}
