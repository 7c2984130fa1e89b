import { Fault } from "#model";

/**
 * Refuses an environment in which the gRPC library prints what it sends and receives, bearer tokens among it.
 * @throws {Fault} INVALID_CONFIGURATION naming every such variable.
 */
export function refuseDebugEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  const violations = DEBUG_VARIABLES.filter(({ name, prints }) => prints(environment[name] ?? "")).map(({ name }) => ({
    field: name,
    description: `is ${JSON.stringify(environment[name])}, which prints bearer tokens; unset it`,
  }));
  if (violations.length === 0) return;
  const text = `Tokens would be printed: ${violations.map(({ field, description }) => `${field} ${description}`).join("; ")}.`;
  throw new Fault("INVALID_CONFIGURATION", text, { violations });
}

const isSet = (value: string): boolean => value !== "";
const isDebug = (value: string): boolean => value.toUpperCase() === "DEBUG";

/** Each has an older name with GRPC_NODE_ that the library reads first. */
const DEBUG_VARIABLES = [
  { name: "GRPC_TRACE", prints: isSet },
  { name: "GRPC_NODE_TRACE", prints: isSet },
  { name: "GRPC_VERBOSITY", prints: isDebug },
  { name: "GRPC_NODE_VERBOSITY", prints: isDebug },
  { name: "GRPC_NODE_DEBUG_SEND_ERROR_DETAILS", prints: isSet },
] as const;
