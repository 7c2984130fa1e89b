import { toldContract } from "#api";
import type { ToldContract, VerbatimClient } from "#api";
import { EXIT } from "../exit-codes.ts";
import type { CliHost, CommonFlags } from "../host.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { ActorFlags } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { tellContract } from "./contracts.ts";

const APPROVE = 1;
const REJECT = 2;
const POLL_MS = 100;

/** Flags of what people say about contracts. */
export interface ContractWordFlags extends CommonFlags, ActorFlags {
  /** The version that was looked at; default: the present one. */
  readonly contractVersion?: number;
  readonly reason?: string;
}

/** Flags of `contract approve`. */
export interface ApproveFlags extends ContractWordFlags {
  /** The hash of the plan that was looked at; default: the present one. */
  readonly plan?: string;
  /** Hours within which it can be activated. */
  readonly windowHours?: number;
}

/** `verbatim contract approve CONTRACT`: binds the approval to version and plan, as they were looked at. */
export async function approveContract(contractId: string, flags: ApproveFlags, session: Session): Promise<number> {
  return await said(flags, session, async ({ reviews, contracts }) => {
    const seen = toldContract((await contracts.getContract({ contractId })).contract);
    return await reviews.reviewContract({
      contractId,
      expectedVersion: BigInt(flags.contractVersion ?? seen.version),
      decision: APPROVE,
      actor: actorOf(flags, session.host),
      comment: flags.reason ?? "",
      activationWindowHours: flags.windowHours ?? 0,
      planHash: flags.plan ?? seen.planHash,
    });
  });
}

/** `verbatim contract reject CONTRACT --reason TEXT`. */
export async function rejectContract(contractId: string, flags: ContractWordFlags, session: Session): Promise<number> {
  return await said(flags, session, async ({ reviews, contracts }) => {
    const seen = toldContract((await contracts.getContract({ contractId })).contract);
    return await reviews.reviewContract({
      contractId,
      expectedVersion: BigInt(flags.contractVersion ?? seen.version),
      decision: REJECT,
      actor: actorOf(flags, session.host),
      comment: flags.reason ?? "",
    });
  });
}

/** `verbatim contract cancel CONTRACT --reason TEXT`. */
export async function cancelContract(contractId: string, flags: ContractWordFlags, session: Session): Promise<number> {
  return await said(
    flags,
    session,
    async ({ contracts }) => await contracts.cancelContract(wordOf(contractId, flags, session.host)),
  );
}

/** `verbatim contract activate CONTRACT`: carries it out and waits for the audit. Exit code 0 if it is COMPLETED, 3 if the audit waits for a person. */
export async function activateContract(
  contractId: string,
  flags: ContractWordFlags,
  session: Session,
): Promise<number> {
  await using connection = await session.host.connect(flags);
  const { client } = connection;
  await client.contracts.activateContract(wordOf(contractId, flags, session.host));
  return await followedToEnd(contractId, client, session);
}

/** Flags of `contract resolve`. */
export interface ResolveFlags extends ContractWordFlags {
  readonly pass?: boolean;
}

/** `verbatim contract resolve CONTRACT --pass|--fail --reason TEXT`: a person's word about an audit that is INCONCLUSIVE. */
export async function resolveAudit(contractId: string, flags: ResolveFlags, session: Session): Promise<number> {
  await using connection = await session.host.connect(flags);
  const { client } = connection;
  await client.audits.resolveAudit({ ...wordOf(contractId, flags, session.host), pass: flags.pass === true });
  return await followedToEnd(contractId, client, session);
}

/** Waits until a contract is not active any more, or waits for a person. */
async function followedToEnd(contractId: string, client: VerbatimClient, session: Session): Promise<number> {
  const { host } = session;
  for (;;) {
    const contract = toldContract((await client.contracts.getContract({ contractId })).contract);
    const waits = contract.state === "ACTIVE" && contract.audit?.decision === "INCONCLUSIVE";
    if (contract.state === "ACTIVE" && !waits) {
      await untilLater(host);
      continue;
    }
    await tellContract(contract, session);
    if (waits) return EXIT.waiting;
    return contract.state === "COMPLETED" ? EXIT.succeeded : EXIT.runFailed;
  }
}

async function untilLater({ clock }: CliHost): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(POLL_MS, resolve);
  await promise;
}

function wordOf(contractId: string, flags: ContractWordFlags, host: CliHost) {
  return {
    contractId,
    expectedVersion: BigInt(flags.contractVersion ?? 0),
    actor: actorOf(flags, host),
    reason: flags.reason ?? "",
  };
}

type Answered = (client: VerbatimClient) => Promise<{ contract?: Parameters<typeof toldContract>[0] }>;

async function said(flags: CommonFlags, session: Session, call: Answered): Promise<number> {
  await using connection = await session.host.connect(flags);
  const told: ToldContract = toldContract((await call(connection.client)).contract);
  await tellContract(told, session);
  return EXIT.succeeded;
}
