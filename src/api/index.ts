export { authorizationRows } from "./grpc/access/told-table.ts";
export type { AuthorizationRow } from "./grpc/access/told-table.ts";
export type { Denial, DenialKind } from "./grpc/access/denials.ts";
export { openIdentities } from "./identity/identities.ts";
export type { Identities, OpenIdentitiesOptions } from "./identity/identities.ts";
export { TOKEN_ALGORITHMS } from "./identity/identity-options.ts";
export type { CertificateRule, IdentityOptions, KeyPlace, TokenRules } from "./identity/identity-options.ts";
export { principalName, TENANT_NAME } from "./identity/principal-name.ts";
export type { PeerCertificate } from "./identity/principal.ts";
export { ROLES } from "./identity/roles.ts";
export type { Role } from "./identity/roles.ts";
export { calledLocally, isOverNetwork } from "./grpc/address.ts";
export { connectClient } from "./grpc/client.ts";
export type { ClientCallOptions, ClientOptions, ServiceClient, VerbatimClient } from "./grpc/client.ts";
export { refuseDebugEnvironment } from "./grpc/environment.ts";
export { requestOf } from "./grpc/job-messages.ts";
export { resultOf, stepResultOf } from "./grpc/result-messages.ts";
export { startGrpcServer } from "./grpc/server.ts";
export type { AboutServer, DenialReader } from "./grpc/server-service.ts";
export type { GrpcServer, GrpcServerOptions, OpenNumbers } from "./grpc/server.ts";
export type { EndedCall } from "./grpc/call-watch.ts";
export type { SidePage } from "./grpc/side-pages.ts";
export { WEBHOOK_PATH } from "./grpc/webhooks/webhook-door.ts";
export { REFUSALS } from "./grpc/webhooks/webhook-endpoint.ts";
export type { WebhookEndpoint, WebhookNews } from "./grpc/webhooks/webhook-endpoint.ts";
export type { ClientTls, ServerTls, TlsMaterial, TlsVersion } from "./grpc/tls/tls-material.ts";
export { tlsProblems } from "./grpc/tls/tls-problems.ts";
export { certificateEnds } from "./grpc/tls/certificate-ends.ts";
export type { CertificateEnd } from "./grpc/tls/certificate-ends.ts";
export { presentedCertificate } from "./grpc/tls/presented-certificate.ts";
export type { PresentedCertificate } from "./grpc/tls/presented-certificate.ts";
export { CERTIFICATE_DAYS, developmentCertificates } from "./grpc/certificates/development-certificates.ts";
export type { PemFile } from "./grpc/certificates/development-certificates.ts";
export { hooksSchema } from "./hook-file/hook-schema.ts";
export { readHooks } from "./hook-file/read-hooks.ts";
export type { ReadHooksOptions } from "./hook-file/read-hooks.ts";
export { needsShell } from "./plan-file/needs-shell.ts";
export { planSchema } from "./plan-file/plan-schema.ts";
export { readPlan } from "./plan-file/read-plan.ts";
export type { ReadPlan } from "./plan-file/read-plan.ts";
export { createToken, readToken } from "./grpc/token.ts";
export { saysServing, toldServer } from "./grpc/told-server.ts";
export type { ToldCaller, ToldServer } from "./grpc/told-server.ts";
export { gateWord, runStatusNumbers, toldRun, toldRunWithLog } from "./grpc/told-run.ts";
export type { ToldJob, ToldRun, ToldRunWithLog } from "./grpc/told-run.ts";
export { CONTRACT_STATE_NAMES, contractStateNumbers, toldContract } from "./grpc/told-contract.ts";
export type { ToldContract, ToldContractState, ToldVerdict } from "./grpc/told-contract.ts";
export { changeRequestMessage } from "./grpc/change-request-message.ts";
export type { WrittenRequest } from "./grpc/change-request-message.ts";
export {
  healthStatusNumber,
  toldCapability,
  toldChange,
  toldHealth,
  toldSignal,
  toldValue,
} from "./grpc/told-platform.ts";
export type { HooksPart, LoadedHooks } from "./grpc/hook-service.ts";
export { changeOperationName, changeOperationNumber, deadLetterFilter, toldStats, toldWork } from "./grpc/told-work.ts";
export type { AskedDeadLetters, ToldStats, ToldWork } from "./grpc/told-work.ts";
export { rfc3339 as timeText } from "./grpc/wire-values.ts";
export { outboxSql } from "./hook-file/outbox-sql.ts";
export type { OutboxDialect } from "./hook-file/outbox-sql.ts";
