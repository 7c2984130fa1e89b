import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import type { VerbatimClient } from "#api";
import { startServer } from "../support/server-process.ts";
import type { ServerProcess, ServerProcessOptions } from "../support/server-process.ts";
import { judgeContract } from "./contracts/judge-contract.ts";
import type { JudgedContract } from "./contracts/judge-contract.ts";
import { capabilitiesOf, SECOND, ToldContract } from "./contracts/told-contract.ts";
import type { ContractKind } from "./contracts/told-contract.ts";

const KILL_AT = pathToFileURL(join(import.meta.dirname, "kill-at-moment.ts")).href;
/** More moments than any contract here has. */
const MOST_MOMENTS = 60;

/** What to do, and where. */
export interface KillContractsOptions {
  readonly directory: string;
  readonly kind: ContractKind;
  /** Each how many-th moment is met; 1 = every one. */
  readonly stride: number;
  /** The first moment that is met, from 1. */
  readonly first: number;
}

/** A contract whose server was killed, or that came to its end before. */
export interface KilledContract extends JudgedContract {
  /** Where the process was killed, in words; undefined = it was not. */
  readonly moment: string | undefined;
}

/**
 * One contract after the other, each in the life of a server that is killed at one moment later than the one before, until one
 * comes to its end first. Each is gone on with in the next life, on the same state directory.
 */
export async function killContracts(options: KillContractsOptions): Promise<readonly KilledContract[]> {
  const { directory, kind, stride, first } = options;
  const scene = new Scene(directory);
  const lives: { readonly contract: ToldContract; readonly moment: string | undefined }[] = [];
  for (let nth = first; nth <= MOST_MOMENTS; nth += stride) {
    const contract = new ToldContract(kind, nth);
    const moment = await scene.live(contract, { nth, before: lives.at(-1)?.contract });
    lives.push({ contract, moment });
    if (moment === undefined) break;
  }
  return await scene.judge(lives);
}

class Scene {
  readonly #directory: string;
  readonly #server: ServerProcessOptions;

  constructor(directory: string) {
    this.#directory = directory;
    const names = (["single", "double"] as const).flatMap((kind) =>
      Array.from({ length: MOST_MOMENTS }, (_, index) => capabilitiesOf(kind, index + 1)).flat(),
    );
    this.#server = {
      state: join(directory, "state"),
      entry: "serve",
      configuration: {
        governance: "required",
        platform: { capabilities: names.map((name) => ({ name })) },
        contracts: { requests_per_minute: 10_000 },
      },
    };
  }

  /** One life of the server: `before` is brought to its end, then `contract` is begun. Answers at which moment it was killed. */
  async live(
    contract: ToldContract,
    { nth, before }: { readonly nth: number; readonly before: ToldContract | undefined },
  ): Promise<string | undefined> {
    const moments = join(this.#directory, "moments");
    rmSync(moments, { force: true });
    const at = { moments, nth, from: ['"event_type":"contract.submitted"', `"reference":"${contract.reference}"`] };
    const environment = { NODE_OPTIONS: `--import ${KILL_AT}`, VERBATIM_KILL_AT_MOMENT: JSON.stringify(at) };
    await using server = await startServer({ ...this.#server, environment });
    using client = await server.client();
    this.#refuseSome();
    if (before !== undefined) await before.carry(client);
    const carried = await carriedOrKilled(contract, client, server);
    if (carried) return undefined;
    if (!existsSync(moments)) throw new Error(`the server ended before the first moment:\n${server.log()}`);
    return readFileSync(moments, "utf8").trim().split("\n").at(-1);
  }

  /** Has the platform refuse every second capability: the second step of a contract cannot be carried out. */
  #refuseSome(): void {
    using platform = new DatabaseSync(join(this.#directory, "state", "platform.db"));
    platform.exec(`CREATE TRIGGER IF NOT EXISTS refused BEFORE INSERT ON resource
      WHEN NEW.key LIKE 'capability/%${SECOND}' BEGIN SELECT RAISE(ABORT, 'not here'); END`);
  }

  async judge(
    lives: readonly { readonly contract: ToldContract; readonly moment: string | undefined }[],
  ): Promise<readonly KilledContract[]> {
    await using server = await startServer(this.#server);
    using client = await server.client();
    await lives.at(-1)?.contract.carry(client);
    using platform = new DatabaseSync(join(this.#directory, "state", "platform.db"), { readOnly: true });
    const judged: KilledContract[] = [];
    for (const { contract, moment } of lives)
      judged.push({ ...(await judgeContract(contract, { client, platform })), moment });
    return judged;
  }
}

/** Whether the contract came to its end; if not, the server was killed. */
async function carriedOrKilled(
  contract: ToldContract,
  client: VerbatimClient,
  server: ServerProcess,
): Promise<boolean> {
  try {
    await contract.carry(client);
    return true;
  } catch (error) {
    const { signal } = await server.ended;
    if (signal === "SIGKILL") return false;
    throw error;
  }
}
