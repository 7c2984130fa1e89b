import { toldCapability, toldChange, toldValue } from "#api";
import type { VerbatimClient } from "#api";
import type { PlatformCapability, PlatformChange, PlatformValue } from "#model";
import { EXIT } from "../exit-codes.ts";
import type { CommonFlags } from "../host.ts";
import type { Session } from "../session.ts";
import {
  capabilitiesText,
  capabilityJson,
  changeJson,
  changesText,
  configurationText,
  valueJson,
} from "../views/platform-lists.ts";

/** Asked for at once. */
const PAGE = 1000;

/** Flags of `changes`. */
export interface ChangesFlags extends CommonFlags {
  /** Only entries with a greater sequence number. */
  readonly after: number;
  /** At most so many, 1 to 10,000. */
  readonly limit: number;
}

/** `verbatim capabilities`: the capabilities that there are, and what they are. */
export async function capabilities(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const found: PlatformCapability[] = [];
  let pageToken = "";
  do {
    const page = await connection.client.platform.listCapabilities({ pageSize: PAGE, pageToken });
    found.push(...page.capabilities.map(toldCapability));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  if (json) await stdout.json(`${JSON.stringify({ capabilities: found.map(capabilityJson) })}\n`);
  else await stdout.write(capabilitiesText(found, stdout));
  return EXIT.succeeded;
}

/** `verbatim configuration`: what stands in the platform's configuration. */
export async function configuration(flags: CommonFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const found: PlatformValue[] = [];
  let pageToken = "";
  do {
    const page = await connection.client.platform.listConfiguration({ pageSize: PAGE, pageToken });
    found.push(...page.values.map(toldValue));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  if (json) await stdout.json(`${JSON.stringify({ configuration: found.map(valueJson) })}\n`);
  else await stdout.write(configurationText(found, stdout));
  return EXIT.succeeded;
}

/** `verbatim changes`: the platform's journal, in order. */
export async function changes(flags: ChangesFlags, { host, stdout, json }: Session): Promise<number> {
  await using connection = await host.connect(flags);
  const { found, more } = await readChanges(connection.client, flags);
  if (json) await stdout.json(`${JSON.stringify({ changes: found.map(changeJson), more })}\n`);
  else await stdout.write(changesText(found, more, stdout));
  return EXIT.succeeded;
}

async function readChanges(
  { platform }: VerbatimClient,
  { after, limit }: ChangesFlags,
): Promise<{ readonly found: readonly PlatformChange[]; readonly more: boolean }> {
  const found: PlatformChange[] = [];
  for (;;) {
    const last = found.at(-1)?.seq ?? after;
    const page = await platform.listChanges({
      afterSeq: BigInt(last),
      pageSize: Math.min(PAGE, Math.max(1, limit - found.length)),
    });
    if (found.length >= limit) return { found, more: page.changes.length > 0 };
    if (page.changes.length === 0) return { found, more: false };
    found.push(...page.changes.map(toldChange));
  }
}
