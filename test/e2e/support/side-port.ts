import { readFile } from "node:fs/promises";
import type { ServerProcess } from "../../support/server-process.ts";

/** An answer of the side port. */
export interface SideAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Reads pages of a server's side port. */
export interface SidePort {
  /** With the token, unless headers say otherwise. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<SideAnswer>;
  /** The value of a sample of `/metrics`, by its name with labels; undefined = there is none. */
  sample(name: string): Promise<number | undefined>;
}

/** The side port of a server that has one. */
export async function sidePortOf(server: ServerProcess): Promise<SidePort> {
  const address = /"http_address":"([^"]+)"/.exec(server.log())?.[1];
  if (address === undefined) throw new Error("the server has no side port");
  const token = (await readFile(`${server.state}/token`, "utf8")).trim();
  const get: SidePort["get"] = async (path, headers = { authorization: `Bearer ${token}` }) => {
    const answer = await fetch(`http://${address}${path}`, { headers });
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  return {
    get,
    async sample(name) {
      const { text } = await get("/metrics");
      const line = text.split("\n").find((one) => one.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length + 1));
    },
  };
}
