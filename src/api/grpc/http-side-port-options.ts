import type { Authenticate } from "../identity/principal.ts";
import type { Access } from "./access/access.ts";
import type { Address } from "./address.ts";
import type { CallBudgets } from "./call-budgets.ts";
import type { OnCall } from "./call-watch.ts";
import type { ConnectionsOptions } from "./connections.ts";
import type { MountedService } from "./service.ts";
import type { SidePages } from "./side-pages.ts";
import type { ServerTls } from "./tls/tls-material.ts";
import type { WebhookDoor } from "./webhooks/webhook-door.ts";

/** What the side port is given. */
export interface HttpSidePortOptions extends ConnectionsOptions {
  readonly address: Address;
  readonly services: readonly MountedService[];
  readonly budgets: CallBudgets;
  readonly authenticate: Authenticate;
  readonly access: Access;
  readonly onInternalError: (error: unknown, method: string) => void;
  /** What is read beside the methods, with the same checks. Default none. */
  readonly pages?: SidePages;
  /** What takes signed deliveries, which need no token; absent = nothing does. */
  readonly webhooks?: WebhookDoor;
  readonly onCall?: OnCall;
  /** Spoken off loopback, and there alone: on this machine, plain HTTP is what browsers and `curl` take as it is. */
  readonly tls?: ServerTls | undefined;
}
