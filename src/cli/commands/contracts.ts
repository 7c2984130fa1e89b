import { contractStateNumbers, toldContract } from "#api";
import type { ToldContract, ToldContractState, VerbatimClient } from "#api";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { contractJson, contractListText, contractText } from "../contracts/contract-view.ts";
import type { Session } from "../session.ts";

const PAGE = 100;

/** Flags of `contracts`. */
export interface ContractsFlags extends CommonFlags {
  readonly limit: number;
  readonly status?: readonly ToldContractState[];
  /** Only what waits for a review, the oldest first. */
  readonly queue?: boolean;
}

/** `verbatim contracts`: lists contracts, newest first; with `--queue` those that wait for a review, oldest first. */
export async function contracts(flags: ContractsFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const list = await (flags.queue === true ? waiting(connection.client, flags) : listed(connection.client, flags));
  if (json) await stdout.json(`${JSON.stringify({ contracts: list.contracts.map(contractJson), more: list.more })}\n`);
  else {
    const { paint, columns } = stdout;
    await stdout.write(contractListText(list.contracts, { paint, columns, more: list.more }));
  }
  return EXIT.succeeded;
}

interface ContractList {
  readonly contracts: readonly ToldContract[];
  readonly more: boolean;
}

async function listed(client: VerbatimClient, { limit, status = [] }: ContractsFlags): Promise<ContractList> {
  const found: ToldContract[] = [];
  let pageToken = "";
  do {
    const pageSize = Math.min(PAGE, limit - found.length);
    const page = await client.contracts.listContracts({ states: contractStateNumbers(status), pageSize, pageToken });
    found.push(...page.contracts.map(toldContract));
    pageToken = page.nextPageToken;
  } while (pageToken !== "" && found.length < limit);
  return { contracts: found, more: pageToken !== "" };
}

async function waiting(client: VerbatimClient, { limit }: ContractsFlags): Promise<ContractList> {
  const { contracts: queue } = await client.reviews.listReviewQueue({ pageSize: Math.min(PAGE, limit) });
  return { contracts: queue.map(toldContract), more: queue.length === Math.min(PAGE, limit) };
}

/** `verbatim contract show CONTRACT`. */
export async function showContract(contractId: string, flags: CommonFlags, session: Session): Promise<number> {
  await using connection = await session.host.connect(flags);
  const { contract } = await connection.client.contracts.getContract({ contractId });
  await tellContract(toldContract(contract), session);
  return EXIT.succeeded;
}

/** Tells a contract, for people or programs. */
export async function tellContract(contract: ToldContract, { stdout, json }: Session): Promise<void> {
  if (json) await stdout.json(`${JSON.stringify(contractJson(contract))}\n`);
  else await stdout.write(contractText(contract, stdout));
}

/** `verbatim contract log CONTRACT`: the exact lines of its log. */
export async function contractLog(contractId: string, flags: CommonFlags, { host, stdout }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  for await (const { lines } of connection.client.contracts.readContractLog({ contractId }, { signal: stdout.gone })) {
    const text = lines.map((line) => `${line}\n`).join("");
    await (stdout.isTerminal ? stdout.json(text) : stdout.write(text));
  }
  return EXIT.succeeded;
}
