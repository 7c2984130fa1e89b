export type { CliHost, CommonFlags, Connection, Finding, ServeFlags } from "./host.ts";
