import { BlockList, isIP } from "node:net";

/** Addresses that are no part of the public Internet, by the registries of special addresses (RFC 6890 and its updates). */
const SPECIAL: readonly (readonly [subnet: string, kind: string])[] = [
  ["0.0.0.0/8", "unspecified"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "shared by carriers"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved for protocols"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "a relay of 6to4"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "benchmarking"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["168.63.129.16/32", "the host of a cloud machine"], // public by its number, and answers inside of machines alone
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["::/96", "an IPv4 address in an old form"],
  ["64:ff9b:1::/48", "a local translation to IPv4"],
  ["100::/64", "discarded"],
  ["2001::/23", "reserved for protocols"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "6to4"],
  ["3fff::/20", "documentation"],
  ["fc00::/7", "unique local"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"],
  ["ff00::/8", "multicast"],
];

/** The families are kept apart: a rule for one of them says nothing of the other. */
interface Subnets {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

const KINDS = SPECIAL.map(([subnet, kind]) => ({ kind, subnets: subnetsOf([subnet]) }));
const GLOBAL = subnetsOf(["2000::/3"]);
const MAPPED = subnetsOf(["::ffff:0:0/96"]);
const TRANSLATED = subnetsOf(["64:ff9b::/96"]);

/** Whether a text is a range of addresses such as `10.0.0.0/8` or `fd00::/8`. */
export function isSubnet(text: string): boolean {
  const [address = "", bits = "", ...more] = text.split("/");
  const family = address.includes("%") ? 0 : isIP(address);
  return family !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
}

/** Ranges that are looked into together. */
export function subnetsOf(texts: readonly string[]): Subnets {
  const subnets = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const text of texts) {
    const [address = "", bits = ""] = text.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    subnets[family].addSubnet(address, Number(bits), family);
  }
  return subnets;
}

/** Whether an address lies in one of the ranges. An IPv4 address within an IPv6 one is looked at as IPv4. */
export function liesIn(address: string, subnets: Subnets): boolean {
  const bare = judgedForm(address);
  const family = isIP(bare) === 4 ? "ipv4" : "ipv6";
  return isIP(bare) !== 0 && subnets[family].check(bare, family);
}

/** What keeps an address from being one of the public Internet, such as `loopback`; undefined if it is one. */
export function specialKind(address: string): string | undefined {
  const bare = judgedForm(address);
  if (isIP(bare) === 0) return "no address";
  const found = KINDS.find(({ subnets }) => liesIn(bare, subnets));
  if (found !== undefined) return found.kind;
  return isIP(bare) === 6 && !liesIn(bare, GLOBAL) ? "not global" : undefined;
}

/** The address that a connection would end at: without a zone, and the IPv4 address where IPv6 is its wrapping alone. */
function judgedForm(address: string): string {
  const [bare = ""] = address.split("%");
  if (isIP(bare) !== 6) return bare;
  const wrapped = MAPPED.ipv6.check(bare, "ipv6") || TRANSLATED.ipv6.check(bare, "ipv6");
  return wrapped ? lastFourBytes(bare) : bare;
}

function lastFourBytes(address: string): string {
  // the parser of URLs writes hexadecimal groups, whatever the spelling was
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(":").slice(-2);
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group === "" ? "0" : group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}
