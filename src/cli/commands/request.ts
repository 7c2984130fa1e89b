import { changeRequestMessage, toldContract } from "#api";
import { readRequest } from "../contracts/request-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import { actorOf } from "../plan-run/words-of-people.ts";
import type { ActorFlags } from "../plan-run/words-of-people.ts";
import type { Session } from "../session.ts";
import { tellContract } from "./contracts.ts";

/** Flags of `request`. */
export interface RequestFlags extends CommonFlags, ActorFlags {
  readonly expiresInHours?: number;
}

/** `verbatim request FILE`: submits a request. Exit code 0 if somebody may review it, 1 if the machines have refused it. */
export async function request(path: string, flags: RequestFlags, session: Session): Promise<number> {
  const { host } = session;
  const written = await readRequest(path, actorOf(flags, host), host);
  await using connection = await host.connect(flags);
  const { contract } = await connection.client.contracts.submitRequest({
    request: changeRequestMessage(written),
    expiresInHours: flags.expiresInHours ?? 0,
  });
  const told = toldContract(contract);
  await tellContract(told, session);
  return told.state === "REJECTED" ? EXIT.runFailed : EXIT.succeeded;
}
