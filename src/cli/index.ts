export type { CliHost, CliStream, CommonFlags, Connection, Finding, ServeFlags, SignerFlags } from "./host.ts";
export { runCli } from "./run-cli.ts";
