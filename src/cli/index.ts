export type {
  CertificatesOfCall,
  CliHost,
  CliStream,
  CommonFlags,
  Connection,
  ConnectOptions,
  Finding,
  ServeFlags,
  SignerFlags,
} from "./host.ts";
export { runCli } from "./run-cli.ts";
