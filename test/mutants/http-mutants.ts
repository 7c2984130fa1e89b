import { mutant } from "./mutant.ts";
import type { Change, Mutant } from "./mutant.ts";

const HANDLERS = "effects/step-handlers";
const ADDRESSES = `${HANDLERS}/http-addresses`;
const REDIRECTS = `${HANDLERS}/http-redirects`;
const STEP = `${HANDLERS}/http-step`;

const at =
  (file: string) =>
  (name: string, change: Change, tests: string): Mutant =>
    mutant(name, "P7", { file: `src/${HANDLERS}/${file}.ts`, change, tests });

const [kind, guard, connector] = [at("http/address-kind"), at("http/address-guard"), at("http/guarded-connector")];
const [next, body, headers] = [at("http/next-request"), at("http/read-body"), at("http/declared-headers")];
const [exchange, step] = [at("http/exchange"), at("http-step")];

/** Mistakes in what is asked over HTTP, and where. */
export const HTTP_MUTANTS: readonly Mutant[] = [
  kind(
    "a-mapped-address-is-not-the-ipv4-address-in-it",
    ["return wrapped ? lastFourBytes(bare) : bare;", "return bare;"],
    ADDRESSES,
  ),
  kind("link-local-addresses-are-public", ['  ["169.254.0.0/16", "link-local"],\n', ""], ADDRESSES),
  kind(
    "an-address-of-no-known-range-is-public",
    ['!liesIn(bare, GLOBAL) ? "not global" : undefined', 'false ? "not global" : undefined'],
    ADDRESSES,
  ),
  guard("the-first-address-of-a-name-is-judged-alone", ["of found) {", "of found.slice(0, 1)) {"], ADDRESSES),
  guard("loopback-is-permitted-to-every-name", ['hostname === "localhost" && ', ""], ADDRESSES),
  connector(
    "the-name-is-looked-up-again-for-the-connection",
    [
      "lookup: pinnedTo(addresses) }",
      "lookup: (name, _how, done) => void options.lookup?.(name).then((again) => done(null, [...again])) }",
    ],
    ADDRESSES,
  ),
  connector("a-late-look-up-still-connects", ["if (signal.aborted) throw", "if (false) throw"], ADDRESSES),
  {
    name: "a-redirect-leads-to-hosts-that-are-not-listed",
    breaks: "P7",
    // it is looked at twice
    edits: [
      {
        file: `src/${HANDLERS}/http/next-request.ts`,
        search: "urlProblem(to.href) ?? hostProblem(to.href, hosts)",
        replace: "urlProblem(to.href)",
      },
      { file: `src/${HANDLERS}/http/address-guard.ts`, search: "!isListed(host, hosts)", replace: "false" },
    ],
    watch: { tests: [`test/${ADDRESSES}.test.ts`] },
  },
  next(
    "a-redirect-takes-credentials-to-another-host",
    ["(sameHost || HARMLESS_HEADERS.has(name.toLowerCase()))", "(sameHost || true)"],
    REDIRECTS,
  ),
  next(
    "a-redirect-leads-from-https-to-http",
    ['from.protocol === "https:" && to.protocol === "http:"', "false"],
    REDIRECTS,
  ),
  next("a-body-goes-to-another-host", ["if (!sameHost && !bare) {", "if (false) {"], REDIRECTS),
  exchange("redirects-have-no-end", ["if (redirects === maxRedirects) {", "if (redirects === 50) {"], REDIRECTS),
  body(
    "the-limit-counts-what-came-and-not-what-it-decodes-to",
    ["return await taken(decoder, limitBytes);", "return await taken(decoder, Infinity);"],
    STEP,
  ),
  headers("a-header-holds-a-second-line", ["/^(?:[!-~](?:[ -~\\t]*[!-~])?)?$/", "/^[^]*$/"], STEP),
  headers("a-step-names-another-host-in-its-headers", ["/^(?:host|content-length|", "/^(?:content-length|"], STEP),
  step("a-request-that-came-too-early-is-a-failure-for-good", ["status === 425 || ", ""], STEP),
];
