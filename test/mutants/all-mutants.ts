import { CONTRACT_KEEPER_MUTANTS } from "./contract-keeper-mutants.ts";
import { CONTRACT_LOG_MUTANTS } from "./contract-log-mutants.ts";
import { EVIDENCE_MUTANTS } from "./evidence-mutants.ts";
import { EXECUTOR_MUTANTS } from "./executor-mutants.ts";
import { GOVERNANCE_MUTANTS } from "./governance-mutants.ts";
import { HISTORY_MUTANTS } from "./history-mutants.ts";
import { HOOK_MUTANTS } from "./hook-mutants.ts";
import { HOUSE_MUTANTS } from "./house-mutants.ts";
import { HTTP_MUTANTS } from "./http-mutants.ts";
import { WIRE_MUTANTS } from "./wire-mutants.ts";
import { LEDGER_MUTANTS } from "./ledger-mutants.ts";
import { IDENTITY_MUTANTS } from "./identity-mutants.ts";
import { FAULT_MUTANTS } from "./fault-mutants.ts";
import { LAYER_MUTANTS, TOUCHING_MUTANTS } from "./layer-mutants.ts";
import { LINT_MUTANTS } from "./lint-mutants.ts";
import { NOTIFY_MUTANTS } from "./notify-mutants.ts";
import { OUTBOX_MUTANTS } from "./outbox-mutants.ts";
import { PLATFORM_MUTANTS } from "./platform-mutants.ts";
import { PLAN_FILE_MUTANTS } from "./plan-file-mutants.ts";
import { PLAN_RUN_MUTANTS } from "./plan-run-mutants.ts";
import { PROVIDER_MUTANTS } from "./provider-mutants.ts";
import { POSTGRES_STORE_MUTANTS } from "./postgres-store-mutants.ts";
import { QUEUE_MUTANTS } from "./queue-mutants.ts";
import { SIDE_PORT_MUTANTS } from "./side-port-mutants.ts";
import { VERIFY_MUTANTS } from "./verify-mutants.ts";
import { WORK_MUTANTS } from "./work-mutants.ts";
import { WORKER_MUTANTS } from "./worker-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { RUN_COMMAND_MUTANTS } from "./run-command-mutants.ts";
import { SECRET_MUTANTS } from "./secret-mutants.ts";
import { STEP_MUTANTS } from "./step-mutants.ts";
import { TLS_MUTANTS } from "./tls-mutants.ts";

/** Every mutant there is. */
export const ALL_MUTANTS: readonly Mutant[] = [
  ...EXECUTOR_MUTANTS,
  ...LAYER_MUTANTS,
  ...TOUCHING_MUTANTS,
  ...HOUSE_MUTANTS,
  ...EVIDENCE_MUTANTS,
  ...SECRET_MUTANTS,
  ...STEP_MUTANTS,
  ...LINT_MUTANTS,
  ...VERIFY_MUTANTS,
  ...CONTRACT_LOG_MUTANTS,
  ...CONTRACT_KEEPER_MUTANTS,
  ...LEDGER_MUTANTS,
  ...HISTORY_MUTANTS,
  ...FAULT_MUTANTS,
  ...PLAN_FILE_MUTANTS,
  ...RUN_COMMAND_MUTANTS,
  ...PLAN_RUN_MUTANTS,
  ...NOTIFY_MUTANTS,
  ...PLATFORM_MUTANTS,
  ...GOVERNANCE_MUTANTS,
  ...QUEUE_MUTANTS,
  ...POSTGRES_STORE_MUTANTS,
  ...HOOK_MUTANTS,
  ...WORK_MUTANTS,
  ...WORKER_MUTANTS,
  ...HTTP_MUTANTS,
  ...WIRE_MUTANTS,
  ...IDENTITY_MUTANTS,
  ...OUTBOX_MUTANTS,
  ...PROVIDER_MUTANTS,
  ...SIDE_PORT_MUTANTS,
  ...TLS_MUTANTS,
];
