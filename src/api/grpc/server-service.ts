import type { DescService } from "@bufbuild/protobuf";
import type { EvidenceStore } from "#evidence";
import type { Clock } from "#model";
import type { Caller } from "../gen/verbatim/server/v1/server_pb.ts";
import { ServerService } from "../gen/verbatim/server/v1/server_pb.ts";
import type { Principal } from "../identity/principal.ts";
import { mayCall } from "./access/access.ts";
import { AUTHORIZATION } from "./access/authorization-table.ts";
import { ownIdsOf } from "./access/own-things.ts";
import { denialsMethods } from "./denials-methods.ts";
import type { FindDenials } from "./denials-methods.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { timestamp } from "./wire-values.ts";

export type { DenialReader } from "./denials-methods.ts";

/** What a server is told to say of itself. */
export interface AboutServer {
  /** The version of Verbatim. */
  readonly version: string;
  /** The kind of store that evidence is kept in. */
  readonly store: string;
  /** `open` or `required`. */
  readonly governance: string;
}

/** What the service is made with. */
export interface ServerServiceOptions {
  /** Absent = nothing is known of it, and nothing said. */
  readonly about?: AboutServer;
  readonly clock: Clock;
  readonly store: Pick<EvidenceStore, "halted">;
  /** Absent = denials are not recorded. */
  readonly denials?: FindDenials;
  /** Whether callers have roles. */
  readonly hasIdentities: boolean;
  /** All that is served beside this service, when it is asked for. */
  readonly served: () => readonly DescService[];
}

const NOTHING_SAID: AboutServer = { version: "", store: "", governance: "" };

/** `verbatim.server.v1.ServerService`: tells what runs here, whom the caller is taken for, and which calls were denied. */
export function serverService(options: ServerServiceOptions): MountedService {
  const { about = NOTHING_SAID, clock, store, denials = nothing, hasIdentities, served } = options;
  const startedAt = timestamp(clock.now());
  return mount(ServerService, {
    ...denialsMethods(denials),
    getServer(_request, { principal }) {
      const now = timestamp(clock.now());
      const caller = callerMessage(principal, served());
      return Promise.resolve({
        $typeName: "verbatim.server.v1.GetServerResponse",
        ...about,
        ...(now !== undefined && { now }),
        ...(startedAt !== undefined && { startedAt }),
        storeHalted: store.halted !== undefined,
        storeHaltedReason: seesAllRuns(principal) ? (store.halted ?? "") : "",
        identities: hasIdentities,
        caller,
      });
    },
  });
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/** Why a store has halted names files and servers of whoever runs it. */
function seesAllRuns(principal: Principal): boolean {
  const list = AUTHORIZATION.get("/verbatim.evidence.v1.EvidenceService/ListRuns");
  return ownIdsOf(principal) === "" && mayCall(principal, list?.may);
}

function callerMessage(principal: Principal, served: readonly DescService[]): Caller {
  const { name, proven } = principal;
  const isTenants = proven?.tenant !== undefined;
  const methods = served
    .flatMap(({ typeName, methods: all }) => all.map((method) => `/${typeName}/${method.name}`))
    .filter((path) => {
      const rule = AUTHORIZATION.get(path);
      return mayCall(principal, rule?.may) && !(isTenants && rule?.keeps === "closed");
    });
  return {
    $typeName: "verbatim.server.v1.Caller",
    name,
    roles: [...(proven?.roles ?? [])].toSorted(),
    tenant: proven?.tenant ?? "",
    methods: methods.toSorted(),
  };
}
