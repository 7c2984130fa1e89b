import type { ChangeOperation, HookSet, Violation } from "#model";
import { Fault } from "#model";
import type { WorkDesk } from "#orchestration";
import { ChangeOperation as OperationOnWire, HookService } from "../gen/verbatim/hooks/v1/hooks_pb.ts";
import { refuseIfAny, textViolations } from "./checks.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { timestamp } from "./wire-values.ts";
import { hookMessage, toldRecord } from "./work-messages.ts";

/** A file of hooks as it holds at present. */
export interface LoadedHooks {
  readonly set: HookSet;
  /** RFC 3339. */
  readonly loadedAt: string;
  /** Why the file as it is now does not hold; undefined = it does. */
  readonly problem: string | undefined;
}

/** Hooks and their work. */
export interface HooksPart {
  readonly desk: WorkDesk;
  readonly loaded: () => LoadedHooks;
}

const ID_CHARACTERS = 128;

const OPERATIONS: ReadonlyMap<OperationOnWire, ChangeOperation> = new Map([
  [OperationOnWire.CREATE, "create"],
  [OperationOnWire.UPDATE, "update"],
  [OperationOnWire.DELETE, "delete"],
]);

/** `verbatim.hooks.v1.HookService`: is told of changes. */
export function hookService({ hooks }: { readonly hooks?: HooksPart }): MountedService {
  return mount(HookService, {
    async publishChange({ changeId, entity, operation: asked, recordJson, oldJson }) {
      const { desk } = withHooks(hooks);
      const operation = OPERATIONS.get(asked);
      const violations: Violation[] = [
        ...textViolations("change_id", changeId, ID_CHARACTERS),
        ...textViolations("entity", entity, ID_CHARACTERS),
      ];
      if (operation === undefined)
        violations.push({ field: "operation", description: `is ${asked}; expected CREATE, UPDATE or DELETE` });
      const record = toldRecord("record_json", recordJson, violations);
      const old = oldJson.length === 0 ? undefined : toldRecord("old_json", oldJson, violations);
      refuseIfAny(violations);
      if (operation === undefined) throw new Fault("INTERNAL", "an operation that is no violation is known");
      const published = await desk.publish({ changeId, entity, operation, record, old });
      return {
        $typeName: "verbatim.hooks.v1.PublishChangeResponse",
        hooks: [...published.hooks],
        workIds: [...published.works],
        added: published.added,
      };
    },

    async listHooks() {
      const { set, loadedAt, problem } = withHooks(hooks).loaded();
      return {
        $typeName: "verbatim.hooks.v1.ListHooksResponse",
        hooks: set.hooks.map(hookMessage),
        hooksHash: set.hash,
        loadedAt: timestamp(loadedAt),
        problem: problem ?? "",
      };
    },
  });
}

/** The part that the configuration has to name under `hooks`. @throws {Fault} NOT_CONFIGURED if it does not. */
export function withHooks(hooks: HooksPart | undefined): HooksPart {
  if (hooks !== undefined) return hooks;
  const text = "This server has no hooks: its configuration has no key `hooks`. Add it, with the file of hooks.";
  throw new Fault("NOT_CONFIGURED", text, {
    violations: [{ field: "hooks", description: "is missing in verbatim.yaml" }],
  });
}
