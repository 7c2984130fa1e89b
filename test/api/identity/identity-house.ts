import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientTls, Denial, IdentityOptions } from "#api";
import { connectClient, openIdentities } from "#api";
import type { VerbatimClient } from "#api";
import { startHouse, systemClock } from "../support/house.ts";
import type { House } from "../support/house.ts";
import { AUDIENCE, ISSUER } from "./issuer.ts";
import type { Issuer } from "./issuer.ts";

/** A house on a loopback port whose callers say by token or certificate who they are. */
export interface IdentityHouse extends AsyncDisposable {
  readonly house: House;
  readonly address: string;
  readonly denials: Denial[];
  /** File with the issuer's keys. */
  readonly keyFile: string;
  /** A client with this token; closed with the house. */
  client(token?: string, tls?: ClientTls): VerbatimClient;
}

/** Bounds that no test comes up against by chance. */
export const WIDE_BOUNDS = { callsPerSecond: 1e6, burst: 1e6, callsInFlight: 1e4 };

/** The server's own token. */
export const LOCAL_TOKEN = "t".repeat(43);

type HouseOptions = NonNullable<Parameters<typeof startHouse>[0]>;

/** Starts one. */
export async function identityHouse(
  issuer: Issuer,
  { identity = {}, server = {} }: { identity?: Partial<IdentityOptions>; server?: HouseOptions } = {},
): Promise<IdentityHouse> {
  const directory = await mkdtemp(join(tmpdir(), "verbatim-identity-"));
  const keyFile = join(directory, "keys.json");
  await writeFile(keyFile, JSON.stringify(issuer.keys), { mode: 0o600 });
  const identities = await openIdentities({
    identity: {
      tokens: {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ["ES256", "EdDSA"],
        keys: { file: keyFile },
        clockToleranceSeconds: 30,
        tokenBytes: 4096,
        rolesClaim: "roles",
        tenantClaim: "tenant",
      },
      certificates: [],
      tenants: ["acme", "globex"],
      localToken: true,
      bounds: WIDE_BOUNDS,
      ...identity,
    },
    clock: systemClock,
    localToken: LOCAL_TOKEN,
    onProblem: () => undefined,
  });
  const denials: Denial[] = [];
  const house = await startHouse({
    address: "127.0.0.1:0",
    token: LOCAL_TOKEN,
    identities,
    reflection: true,
    newId: () => crypto.randomUUID(),
    onDenied: (denial) => denials.push(denial),
    ...server,
  });
  const { address } = house.server;
  const clients: VerbatimClient[] = [];
  return {
    house,
    address,
    denials,
    keyFile,
    client(token, tls) {
      const made = connectClient({ address, ...(token !== undefined && { token }), ...(tls !== undefined && { tls }) });
      clients.push(made);
      return made;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await house[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
