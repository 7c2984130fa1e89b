import type { PresentedCertificate, VerbatimClient } from "#api";
import type { DisclosureFiles, RebuildProgress, SignatureAlgorithm, Signer } from "#evidence";
import type { Clock, JsonObject } from "#model";

/** Where to find the configuration and the machine; every member comes from a flag and is absent if that was not given. */
export interface CommonFlags {
  /** Configuration file. */
  readonly config?: string;
  /** State directory. */
  readonly state?: string;
  /** Address of a running server: `unix:/path` or `host:port`. */
  readonly server?: string;
  /** File with the CAs that the server's certificate has to be signed by. */
  readonly ca?: string;
  /** File with the client's certificate. */
  readonly cert?: string;
  /** File with its key. */
  readonly certKey?: string;
  /** Said aloud: a server off loopback is called without TLS. */
  readonly insecure?: boolean;
}

/** Flags of `serve`, over the configuration. */
export interface ServeFlags extends CommonFlags {
  readonly listen?: string;
  readonly noToken?: boolean;
  readonly reflection?: boolean;
  readonly development?: boolean;
}

/** Flags of `signer`. */
export interface SignerFlags {
  readonly socket: string;
  readonly keyFile: string;
  readonly algorithm: SignatureAlgorithm;
}

/** Flags of `worker`, over the configuration. */
export interface WorkerFlags {
  readonly config?: string;
  readonly state?: string;
  /** The step types that it performs; absent = all that its configuration offers. */
  readonly capabilities?: readonly string[];
  /** Its name, for the record; absent = made of the machine's name and the process. */
  readonly name?: string;
  /** Jobs that it performs at the same time. */
  readonly concurrency: number;
}

/** A worker that takes jobs. */
export interface ReadyWorker {
  readonly name: string;
  /** The step types that it performs, sorted. */
  readonly capabilities: readonly string[];
}

/** Workers that live, and what waits for one. */
export interface WorkersSeen {
  readonly workers: readonly {
    readonly name: string;
    readonly serves: readonly string[];
    readonly concurrency: number;
    readonly busy: number;
    readonly upMs: number;
    readonly silentMs: number;
  }[];
  readonly waiting: readonly {
    readonly runId: string;
    readonly needs: readonly string[];
    readonly waitedMs: number;
    /** There if no worker could take it: the step types that none serves. */
    readonly missing?: readonly string[];
  }[];
}

/** A signer that answers. */
export interface ReadySigner extends Pick<Signer, "keyId" | "algorithm"> {
  readonly socket: string;
}

/** A machine to talk to. Disposing an embedded one stops it. */
export interface Connection extends AsyncDisposable {
  readonly client: VerbatimClient;
  /** `embedded`, or the server's address. */
  readonly where: string;
  /**
   * Only of an embedded machine: starts nothing more and waits for what runs; a run with more to do is then blocked, and can
   * be resumed. Calls are still answered.
   */
  readonly drain?: () => Promise<void>;
  /** Only over TLS: the certificates of both sides. */
  readonly certificates?: () => Promise<CertificatesOfCall>;
}

/** The certificates that a call is made with. */
export interface CertificatesOfCall {
  /** What the server shows; undefined if no handshake came to an end. */
  readonly server: PresentedCertificate | undefined;
  /** What is shown to it; undefined if none is. */
  readonly client: PresentedCertificate | undefined;
}

/** How a machine is connected to. */
export interface ConnectOptions {
  /** Whether other processes shall find an embedded machine for as long as it lasts; default false. */
  readonly isFound?: boolean;
  /** Whether it has to be a server that runs: none is made in this process. Default false. */
  readonly isRunning?: boolean;
}

/** One finding of `doctor`. */
export interface Finding {
  readonly name: string;
  readonly status: "ok" | "warning" | "failed";
  /** What was seen, and what to do about it. */
  readonly detail: string;
}

/** Where a command writes; `columns` and `rows` are the size of a terminal, in characters. */
export type CliStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
};

/** What the command line needs of the process that it runs in. `main` provides it, a test may too. */
export interface CliHost {
  /** Without the program's name. */
  readonly argv: readonly string[];
  /** Read by `exec -`. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  /** Whether colours are wanted where a stream is a terminal: no `NO_COLOR`. */
  readonly colour: boolean;
  readonly clock: Clock;
  readonly version: string;
  /** The name of who runs this, for the record; absent if the system knows none. */
  readonly userName?: string;
  /** Aborts at SIGINT or SIGTERM; its reason is the signal's name. After it `runCli` may return before all has ended. */
  readonly interrupted: AbortSignal;
  /** Aborts at the second of these signals, with its name: `runCli` then returns at once. */
  readonly interruptedAgain: AbortSignal;
  /** A fresh id for a job whose file names none. */
  newJobId(): string;
  /** Runs a server until it is told to stop; `onReady` is called with its address. @throws {Fault} if it cannot start. */
  serve(flags: ServeFlags, onReady: (address: string) => void): Promise<void>;
  /** Signs for other processes until it is told to stop; `onReady` is called with its key. @throws {Fault} if it cannot. */
  signer(flags: SignerFlags, onReady: (ready: ReadySigner) => void): Promise<void>;
  /** Performs jobs that were handed over until it is told to stop; `onReady` is called when it takes some. @throws {Fault} if it cannot. */
  worker(flags: WorkerFlags, onReady: (ready: ReadyWorker) => void): Promise<void>;
  /** Looks which workers live, and what waits for one. @throws {Fault} */
  workers(flags: CommonFlags): Promise<WorkersSeen>;
  /** The running server of the flags or of the state directory, else a machine in this process. @throws {Fault} */
  connect(flags: CommonFlags, options?: ConnectOptions): Promise<Connection>;
  /** Those of the caller's variables that have one of these names. */
  environment(names: readonly string[]): Readonly<Record<string, string>>;
  /** PEM of the public key that the installation of the flags signs with; undefined if it has none yet, or none that can be read here. */
  ownPublicKey(flags: CommonFlags): Promise<string | undefined>;
  /** The absolute state directory of the flags, the environment or the configuration. @throws {Fault} */
  stateDirectory(flags: CommonFlags): Promise<string>;
  /** Looks at what Verbatim stands on. Never throws. */
  doctor(flags: CommonFlags): Promise<readonly Finding[]>;
  /** Makes the history of runs anew from their logs. @throws {Fault} STATE_LOCKED if a process owns the state directory. */
  rebuildIndex(flags: CommonFlags, onProgress: (progress: RebuildProgress) => void): Promise<Finding>;
  /** What discloses sensitive fields, in the state directory of the flags. @throws {Fault} */
  disclosures(flags: CommonFlags): Promise<Pick<DisclosureFiles, "read" | "erase">>;
  /** JSON Schema of the configuration file. */
  configurationSchema(): Promise<JsonObject>;
}
