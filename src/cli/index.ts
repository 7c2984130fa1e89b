export { checkedDocument } from "./document/checked-document.ts";
export type { CheckedDocument } from "./document/checked-document.ts";
export type {
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
