import { setTimeout as pause } from "node:timers/promises";
import type { VerbatimClient } from "#api";
import { changeRequestMessage, toldContract } from "#api";

/** `single`: its one step can be carried out. `double`: its first step can, and its second cannot. */
export type ContractKind = "single" | "double";

const LOOK_MS = 10;
/** Of a machine on which much else runs. */
const MOST_MS = 60_000;
/** As the wire says it. */
const APPROVE = 1;

type Told = ReturnType<typeof toldContract>;

/** The capabilities that a contract enables; the platform of these tests refuses the second. */
export function capabilitiesOf(kind: ContractKind, number: number): readonly string[] {
  const name = `${kind}-${number}`;
  return kind === "single" ? [name] : [name, `${name}${SECOND}`];
}

/** What the name of a second capability ends with. */
export const SECOND = "-second";

/** One contract that a client asked for, and all that it was told of it. */
export class ToldContract {
  readonly kind: ContractKind;
  readonly capability: string;
  /** What it enables, in this order. */
  readonly capabilities: readonly string[];
  readonly reference: string;
  /** Heads of its log that somebody was told, by the log's size. */
  readonly heads = new Map<number, string>();
  /** Calls that were answered, in their order. */
  readonly answered: string[] = [];
  contractId = "";

  constructor(kind: ContractKind, number: number) {
    this.kind = kind;
    this.capability = `${kind}-${number}`;
    this.capabilities = capabilitiesOf(kind, number);
    this.reference = `T-${this.capability}`;
  }

  /**
   * Brings it to its end from wherever it stands, each call made as somebody makes it who does not know whether the last one
   * was heard. An active one is not touched: the server goes on with it by itself.
   */
  async carry(client: VerbatimClient): Promise<void> {
    let told = this.#note("submit", (await client.contracts.submitRequest(this.#submission())).contract);
    this.contractId = told.contractId;
    const giveUpAt = performance.now() + MOST_MS;
    for (;;) {
      const { contractId, version, planHash, state } = told;
      if (state === "ELIGIBLE") {
        const word = { contractId, expectedVersion: BigInt(version), actor: "grace", planHash };
        told = this.#note("approve", (await client.reviews.reviewContract({ ...word, decision: APPROVE })).contract);
      } else if (state === "APPROVED") {
        told = this.#note(
          "activate",
          (await client.contracts.activateContract({ contractId, actor: "grace" })).contract,
        );
      } else if (state === "ACTIVE") {
        if (performance.now() > giveUpAt)
          throw new Error(`${this.capability} (${contractId}) comes to no end: ${told.audit?.reason}`);
        await pause(LOOK_MS);
        told = this.#note("look", (await client.contracts.getContract({ contractId })).contract);
      } else return;
    }
  }

  #submission() {
    const request = changeRequestMessage({
      source: "support_ticket",
      reference: this.reference,
      submittedBy: "ada",
      title: `Enable the capability ${this.capability}`,
      description: `Please enable the ${this.capabilities.join(" capability and the ")} capability.`,
      urgency: "normal",
      changes: this.capabilities.map((capability) => ({ type: "capability_enable", capability })),
      capabilities: this.capabilities,
    });
    return { request };
  }

  #note(call: string, message: Parameters<typeof toldContract>[0]): Told {
    const told = toldContract(message);
    this.heads.set(told.logSize, told.logHead);
    if (call !== "look") this.answered.push(`${call}: ${told.state}`);
    return told;
  }
}
