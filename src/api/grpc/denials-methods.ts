import type { EvidenceStore, RunHead } from "#evidence";
import { Fault, LIMITS } from "#model";
import type { DenialLog, ServerService } from "../gen/verbatim/server/v1/server_pb.ts";
import { idViolations, refuseIfAny, sequenceNumber } from "./checks.ts";
import { BATCH_CHARACTERS, batches } from "./event-messages.ts";
import { pageToken, placeOfToken } from "./page-token.ts";
import { pageViolations } from "./pages.ts";
import type { ServiceImplementation } from "./service.ts";

/** The store in which logs of denials are kept, for whoever reads them. */
export type DenialReader = Pick<EvidenceStore, "head" | "read" | "runs">;

/** What these methods read from: undefined = nothing was ever denied. */
export type FindDenials = () => Promise<DenialReader | undefined>;

type Methods = Pick<ServiceImplementation<typeof ServerService>, "listDenials" | "readDenials">;

const DEFAULT_PAGE = 50;
const LINES_PER_READ = 100;
const KIND = "denials";

/** Lists the logs of denials, and reads one. */
export function denialsMethods(find: FindDenials): Methods {
  return {
    async listDenials({ pageSize, pageToken: token }, { shares }) {
      refuseIfAny(pageViolations(pageSize, token));
      await shares.answer.take(LIMITS.responseBytes);
      const [limit, before] = [pageSize || DEFAULT_PAGE, placeOfToken(token)?.[1]];
      const logs = (await (await find())?.runs({ limit, ...(before !== undefined && { before }) })) ?? [];
      const last = logs.length < limit ? undefined : logs.at(-1);
      return {
        $typeName: "verbatim.server.v1.ListDenialsResponse",
        logs: logs.map(logMessage),
        nextPageToken: last === undefined ? "" : pageToken(KIND, last.runId),
      };
    },

    async *readDenials({ logId, afterSeq }, { signal }) {
      refuseIfAny(idViolations("log_id", logId));
      const store = await find();
      if (store === undefined || (await store.head(logId)) === undefined)
        throw new Fault("RUN_NOT_FOUND", `There is no log of denials ${logId}.`);
      for (let seq = sequenceNumber(afterSeq); !signal.aborted;) {
        const records = await store.read(logId, seq, LINES_PER_READ);
        if (records.length === 0) return;
        for (const batch of batches(records, BATCH_CHARACTERS))
          yield { $typeName: "verbatim.server.v1.ReadDenialsResponse", lines: batch.map(({ line }) => line) };
        seq += records.length;
      }
    },
  };
}

function logMessage({ runId, size, hash, completed }: RunHead): DenialLog {
  return {
    $typeName: "verbatim.server.v1.DenialLog",
    logId: runId,
    logSize: BigInt(size),
    logHead: hash,
    complete: completed,
  };
}
