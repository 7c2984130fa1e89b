export { connectClient } from "./grpc/client.ts";
export type { ClientCallOptions, ClientOptions, ServiceClient, VerbatimClient } from "./grpc/client.ts";
export { refuseDebugEnvironment } from "./grpc/environment.ts";
export { requestOf } from "./grpc/job-messages.ts";
export { resultOf, stepResultOf } from "./grpc/result-messages.ts";
export { startGrpcServer } from "./grpc/server.ts";
export type { GrpcServer, GrpcServerOptions } from "./grpc/server.ts";
export { createToken, readToken } from "./grpc/token.ts";
