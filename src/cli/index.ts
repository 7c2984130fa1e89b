export type { CliHost, CliStream, CommonFlags, Connection, Finding, ServeFlags } from "./host.ts";
export { runCli } from "./run-cli.ts";
