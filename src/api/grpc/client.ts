import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { CallOptions, ClientReadableStream } from "@grpc/grpc-js";
import { Client, Metadata } from "@grpc/grpc-js";
import { Fault, LIMITS } from "#model";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { EvidenceService } from "../gen/verbatim/evidence/v1/evidence_pb.ts";
import { JobExecutorService } from "../gen/verbatim/executor/v1/executor_pb.ts";
import {
  AuditService,
  ContractService,
  ReviewService,
  RolloutService,
} from "../gen/verbatim/governance/v1/governance_pb.ts";
import { PlatformHealthService } from "../gen/verbatim/health/v1/health_pb.ts";
import { HookService } from "../gen/verbatim/hooks/v1/hooks_pb.ts";
import { RunService } from "../gen/verbatim/orchestration/v1/run_pb.ts";
import { PlatformService } from "../gen/verbatim/platform/v1/platform_pb.ts";
import { QueueService } from "../gen/verbatim/queue/v1/queue_pb.ts";
import { ServerService } from "../gen/verbatim/server/v1/server_pb.ts";
import { addressText, parseAddress } from "./address.ts";
import { faultOf } from "./errors.ts";
import { connectingTo } from "./tls/client-credentials.ts";
import { diagnose } from "./tls/diagnosis.ts";
import type { ClientTls } from "./tls/tls-material.ts";

/** What may be said of one call. */
export interface ClientCallOptions {
  /** Cancels the call; it then fails with CANCELLED. */
  readonly signal?: AbortSignal;
  /** When to stop waiting; the call then fails with DEADLINE_PASSED. */
  readonly deadline?: Date;
}

type ClientMethod<M extends DescMethod> = M extends { methodKind: "unary" }
  ? (request: MessageInitShape<M["input"]>, options?: ClientCallOptions) => Promise<MessageShape<M["output"]>>
  : M extends { methodKind: "server_streaming" }
    ? (
        request: MessageInitShape<M["input"]>,
        options?: ClientCallOptions,
      ) => AsyncGenerator<MessageShape<M["output"]>, void, void>
    : never;

/** The methods of a service as a caller sees them. Every failure is a `Fault` with the server's code and violations. */
export type ServiceClient<S extends DescService> = {
  readonly [K in keyof S["method"]]: ClientMethod<S["method"][K]>;
};

/** A connection to a Verbatim server. */
export interface VerbatimClient extends Disposable {
  readonly executor: ServiceClient<typeof JobExecutorService>;
  readonly runs: ServiceClient<typeof RunService>;
  readonly evidence: ServiceClient<typeof EvidenceService>;
  readonly contracts: ServiceClient<typeof ContractService>;
  readonly reviews: ServiceClient<typeof ReviewService>;
  readonly audits: ServiceClient<typeof AuditService>;
  readonly rollouts: ServiceClient<typeof RolloutService>;
  readonly platform: ServiceClient<typeof PlatformService>;
  readonly platformHealth: ServiceClient<typeof PlatformHealthService>;
  readonly hooks: ServiceClient<typeof HookService>;
  readonly queue: ServiceClient<typeof QueueService>;
  readonly server: ServiceClient<typeof ServerService>;
  readonly health: ServiceClient<typeof Health>;
  /** Ends every call and the connection. */
  close(): void;
}

/** Where and as whom to call. */
export interface ClientOptions {
  /** `unix:/path` or `host:port`. */
  readonly address: string;
  /** The bearer token that a server on TCP asks for. */
  readonly token?: string;
  /** Absent = plain bytes; on a unix socket always. */
  readonly tls?: ClientTls | undefined;
  /** Said aloud: plain bytes, and the token in them, may go over a network. */
  readonly insecure?: boolean | undefined;
}

/**
 * Makes a client; it connects at the first call. A call to a server that is not there fails with SERVER_UNREACHABLE.
 * @throws {Fault} INVALID_CONFIGURATION if the address is not understood, for plain bytes over a network, and for files
 *   that TLS cannot be spoken with.
 */
export function connectClient({ address, token, tls, insecure }: ClientOptions): VerbatimClient {
  const where = parseAddress(address);
  const { credentials, options } = connectingTo(where, { tls, insecure });
  const raw = new Client(addressText(where), credentials, {
    ...options,
    "grpc.max_receive_message_length": LIMITS.responseBytes,
    "grpc.max_send_message_length": -1,
    "grpc.enable_channelz": 0,
    "grpc.service_config_disable_resolution": 1,
  });
  const explain = async (fault: Fault): Promise<Fault> =>
    fault.code === "SERVER_UNREACHABLE" ? ((await diagnose(where, tls).catch(() => undefined)) ?? fault) : fault;
  const channel: Channel = { raw, explain };
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const close = (): void => raw.close();
  return {
    executor: serviceClient(JobExecutorService, channel, metadata),
    runs: serviceClient(RunService, channel, metadata),
    evidence: serviceClient(EvidenceService, channel, metadata),
    contracts: serviceClient(ContractService, channel, metadata),
    reviews: serviceClient(ReviewService, channel, metadata),
    audits: serviceClient(AuditService, channel, metadata),
    rollouts: serviceClient(RolloutService, channel, metadata),
    platform: serviceClient(PlatformService, channel, metadata),
    platformHealth: serviceClient(PlatformHealthService, channel, metadata),
    hooks: serviceClient(HookService, channel, metadata),
    queue: serviceClient(QueueService, channel, metadata),
    server: serviceClient(ServerService, channel, metadata),
    health: serviceClient(Health, channel, metadata),
    close,
    [Symbol.dispose]: close,
  };
}

function serviceClient<S extends DescService>(service: S, channel: Channel, metadata: Metadata): ServiceClient<S> {
  const methods = service.methods.map((method) => {
    const target: Target = {
      path: `/${service.typeName}/${method.name}`,
      input: method.input,
      output: method.output,
      channel,
      metadata,
    };
    const call = method.methodKind === "unary" ? callUnary : callStream;
    return [method.localName, (request: never, options?: ClientCallOptions) => call(target, request, options)];
  });
  return Object.fromEntries(methods) as ServiceClient<S>; // built from the very descriptor that the type is mapped from
}

interface Channel {
  readonly raw: Client;
  /** Why a call has failed, where more can be found out. */
  readonly explain: (fault: Fault) => Promise<Fault>;
}

interface Target {
  readonly path: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly channel: Channel;
  readonly metadata: Metadata;
}

async function callUnary(
  target: Target,
  request: MessageInitShape<DescMessage>,
  options: ClientCallOptions = {},
): Promise<MessageShape<DescMessage>> {
  try {
    return await askedOnce(target, request, options);
  } catch (error) {
    throw error instanceof Fault ? await target.channel.explain(error) : error;
  }
}

function askedOnce(
  target: Target,
  request: MessageInitShape<DescMessage>,
  options: ClientCallOptions,
): Promise<MessageShape<DescMessage>> {
  const { channel, path, metadata, input, output } = target;
  return new Promise((resolve, reject) => {
    const call = channel.raw.makeUnaryRequest(
      path,
      identity,
      identity,
      encode(input, request),
      metadata,
      callOptions(options),
      (error, bytes) => {
        options.signal?.removeEventListener("abort", cancel);
        if (error !== null || bytes === undefined) reject(faultOf(error));
        else resolve(decode(output, bytes));
      },
    );
    const cancel = (): void => call.cancel();
    onAbort(options.signal, cancel);
  });
}

async function* callStream(
  target: Target,
  request: MessageInitShape<DescMessage>,
  options: ClientCallOptions = {},
): AsyncGenerator<MessageShape<DescMessage>, void, void> {
  const { channel, path, metadata, input, output } = target;
  const stream: ClientReadableStream<Buffer> = channel.raw.makeServerStreamRequest(
    path,
    identity,
    identity,
    encode(input, request),
    metadata,
    callOptions(options),
  );
  const cancel = (): void => stream.cancel();
  stream.on("error", ignore); // a status that comes after the reader has left would end the process
  onAbort(options.signal, cancel);
  try {
    for await (const bytes of stream) yield decode(output, bytes as Buffer); // identity gives the bytes as they came
  } catch (error) {
    throw await channel.explain(faultOf(error));
  } finally {
    options.signal?.removeEventListener("abort", cancel);
    cancel();
  }
}

function identity(bytes: Buffer): Buffer {
  return bytes;
}

function ignore(): void {
  // the one who waits was told before
}

function encode(schema: DescMessage, request: MessageInitShape<DescMessage>): Buffer {
  const bytes = toBinary(schema, create(schema, request));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** From a plain view, so that `bytes` fields are plain as well. */
function decode(schema: DescMessage, bytes: Buffer): MessageShape<DescMessage> {
  return fromBinary(schema, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

function callOptions({ deadline }: ClientCallOptions): CallOptions {
  return deadline === undefined ? {} : { deadline };
}

function onAbort(signal: AbortSignal | undefined, cancel: () => void): void {
  if (signal?.aborted === true) cancel();
  else signal?.addEventListener("abort", cancel, { once: true });
}
