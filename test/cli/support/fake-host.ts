import type { CliHost } from "../../../src/cli/index.ts";
import { ManualClock } from "../../support/clock.ts";
import { KeptStream } from "./kept-stream.ts";

/** A host, and what a test sees and moves of it. */
export interface FakeHost {
  readonly host: CliHost;
  readonly stdout: KeptStream;
  readonly stderr: KeptStream;
  readonly clock: ManualClock;
  readonly interrupt: AbortController;
  readonly interruptAgain: AbortController;
}

/** A host that has neither machine nor server, unless they are given. */
export function fakeHost(given: Partial<CliHost> = {}): FakeHost {
  const [stdout, stderr] = [new KeptStream(), new KeptStream()];
  const [interrupt, interruptAgain] = [new AbortController(), new AbortController()];
  const clock = new ManualClock();
  let ids = 0;
  const host: CliHost = {
    argv: [],
    stdin: noInput(),
    stdout: stdout.stream,
    stderr: stderr.stream,
    colour: false,
    clock,
    version: "1.2.3",
    userName: "tester",
    interrupted: interrupt.signal,
    interruptedAgain: interruptAgain.signal,
    newJobId: () => `new-id-${(ids += 1)}`,
    serve: absent,
    signer: absent,
    worker: absent,
    workers: absent,
    connect: absent,
    environment: () => ({}),
    ownPublicKey: () => Promise.resolve(undefined),
    stateDirectory: absent,
    doctor: absent,
    rebuildIndex: absent,
    disclosures: absent,
    configurationSchema: absent,
    ...given,
  };
  return { host, stdout, stderr, clock, interrupt, interruptAgain };
}

function absent(): Promise<never> {
  return Promise.reject(new Error("this test has none"));
}

async function* noInput(): AsyncGenerator<Uint8Array, void, void> {
  // standard input is at its end
}
