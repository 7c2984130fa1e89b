import type { ListenOptions, Server } from "node:net";
import { Fault } from "#model";

/** Resolves once the server listens. @throws {Fault} INVALID_CONFIGURATION if it cannot, with the system's reason. */
export function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(cannotListen(error));
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      resolve();
    });
  });
}

/** The fault that tells why the system refuses to listen; a fault stays what it is. */
export function cannotListen(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new Fault("INVALID_CONFIGURATION", `The server cannot listen there: ${reason}.`, { cause: error });
}
