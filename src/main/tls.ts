import { isOverNetwork } from "#api";
import type { GrpcServer, ServerTls } from "#api";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { RefusedHandshakes } from "./refused-handshakes.ts";
import { serverTls, tlsFiles } from "./server-tls.ts";
import { TlsWatch } from "./tls-watch.ts";

interface TlsContext {
  readonly resources: AsyncDisposableStack;
  readonly log: EventLog;
}

/**
 * With what the server speaks TLS; undefined if it does not. What is sent openly over a network is told of.
 * @throws {Fault} INVALID_CONFIGURATION that lists every problem.
 */
export function openTls(configuration: LoadedConfiguration, { resources, log }: TlsContext): ServerTls | undefined {
  const tls = serverTls(configuration);
  if (tls !== undefined) return { ...tls, onRefused: resources.use(new RefusedHandshakes(log)).take };
  if (configuration.listen !== undefined && isOverNetwork(configuration.listen) && configuration.insecure) {
    const why = "whoever is on the way reads tokens and changes jobs, for --insecure was said and there is no tls";
    log("server.insecure", { listen: configuration.listen, why });
  }
  return undefined;
}

/** Has the server speak with the files as they are from now on. */
export function watchTls(
  configuration: LoadedConfiguration,
  context: TlsContext & { readonly tls: ServerTls | undefined; readonly server: GrpcServer },
): void {
  if (context.tls === undefined || configuration.tls === undefined) return;
  const { resources, log, server, tls } = context;
  const files = tlsFiles(configuration.tls, configuration.base);
  resources.use(new TlsWatch({ files, material: tls.material, server, log }));
}
