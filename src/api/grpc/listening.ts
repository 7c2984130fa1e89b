import type { ListenOptions, Server } from "node:net";
import { Fault } from "#model";

/** Resolves once the server listens. @throws {Fault} INVALID_CONFIGURATION if it cannot, with the system's reason. */
export function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      reject(new Fault("INVALID_CONFIGURATION", `The server cannot listen there: ${error.message}.`, { cause: error }));
    };
    server.once("error", failed);
    server.listen(where, () => {
      server.off("error", failed);
      resolve();
    });
  });
}
