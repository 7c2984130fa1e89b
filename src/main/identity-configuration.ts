import { z } from "zod";

// The words stand in one place of the layer that knows them, which takes long to load: a test holds the two together.
const role = z.enum(["submitter", "approver", "reader", "operator", "auditor"]);

/** A tenant ends at the first dot of an id, so its name has none. */
const tenantName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "the name of a tenant has 1 to 32 of a-z 0-9 - with a letter or digit first");

const claimName = z.string().min(1).max(256);

const keys = z.union(
  [
    z.strictObject({
      file: z
        .string()
        .min(1)
        .max(4096)
        .describe(
          "A JSON Web Key Set with public keys, relative to the configuration file; read again when it changes.",
        ),
    }),
    z.strictObject({
      url: z
        .string()
        .max(2048)
        .refine(isKeyUrl, { error: "expected an https URL, or http on a loopback address, without a user or password" })
        .describe("Where the issuer publishes its keys: https, or http on this machine."),
      cool_down_seconds: z
        .number()
        .min(1)
        .max(3600)
        .default(30)
        .describe("Shortest time between two requests for keys that unknown ones cause."),
      timeout_seconds: z
        .number()
        .min(0.1)
        .max(60)
        .default(5)
        .describe("Longest time that one request for keys may take."),
    }),
  ],
  { error: "expected {file: path} or {url: https://...}" },
);

const tokens = z
  .strictObject({
    issuer: z.string().min(1).max(2048).describe("What `iss` has to be, letter by letter."),
    audience: z.string().min(1).max(2048).describe("What `aud` has to be or to hold."),
    algorithms: z
      .array(z.enum(["ES256", "EdDSA", "RS256", "PS256"]))
      .min(1)
      .max(4)
      .describe("Algorithms of signatures that are accepted; the token does not choose."),
    keys,
    clock_tolerance_seconds: z.number().min(0).max(300).default(30).describe("How far the issuer's clock may differ."),
    token_bytes: z.int().min(256).max(7168).default(6144).describe("Longest token that is read."),
    roles_claim: claimName
      .default("roles")
      .describe(
        "Claim with the roles, a list or words with blanks between; dots lead inside, as in realm_access.roles.",
      ),
    role_names: z
      .record(z.string().min(1).max(256), role)
      .optional()
      .describe(
        "Roles by the issuer's own words; absent = its words are the roles' names. A word that is none grants nothing.",
      ),
    tenant_claim: claimName.default("tenant").describe("Claim with the tenant; read where tenants are configured."),
  })
  .describe("Which JSON Web Tokens are believed.");

const certificate = z
  .strictObject({
    uri: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe("A URI of its alternative names, such as spiffe://example.com/ci."),
    dns: z.string().min(1).max(253).optional().describe("A DNS name of its alternative names, letter by letter."),
    common_name: z.string().min(1).max(256).optional().describe("The common name of its subject."),
    principal: z.string().min(1).max(128).describe("Whom it stands for, in every record."),
    roles: z.array(role).max(5).describe("What he may do."),
    tenant: tenantName.optional().describe("Whose things are his; needed where tenants are configured."),
  })
  .superRefine(({ uri, dns, common_name: commonName }, context) => {
    const named = [uri, dns, commonName].filter((name) => name !== undefined).length;
    if (named !== 1)
      context.addIssue({
        code: "custom",
        message: `names a certificate ${named} times; give one of uri, dns, common_name`,
      });
  });

/** Who is known, and by what. */
export const identitySchema = z
  .strictObject({
    tokens: tokens.optional(),
    certificates: z
      .array(certificate)
      .max(1000)
      .default([])
      .describe("Whom the certificates of clients stand for. One that stands in no entry stands for nobody."),
    tenants: z
      .array(tenantName)
      .max(1000)
      .default([])
      .describe(
        "The tenants that there are; then every credential has to name one of them. Empty = all is everybody's.",
      ),
    local_token: z
      .boolean()
      .default(false)
      .describe(
        "Whether the token of the state directory is still taken over TCP, for all roles. The unix socket always is.",
      ),
    limits: z
      .strictObject({
        calls_per_second: z.number().min(0.01).max(100_000).default(100).describe("Calls that a principal may make."),
        burst: z.int().min(1).max(100_000).default(200).describe("Calls that may come at once after a pause."),
        calls_in_flight: z.int().min(1).max(10_000).default(100).describe("Calls that a principal may have under way."),
      })
      .prefault({})
      .describe("Bounds on the calls of one principal."),
  })
  .superRefine(({ tokens: rules, certificates, tenants }, context) => {
    if (rules === undefined && certificates.length === 0)
      context.addIssue({ code: "custom", message: "knows nobody; give tokens, certificates, or leave identity away" });
    for (const [at, { tenant }] of certificates.entries()) {
      if (tenants.length > 0 ? tenant !== undefined && tenants.includes(tenant) : tenant === undefined) continue;
      const message = `is ${tenant === undefined ? "missing" : JSON.stringify(tenant)}; expected ${tenants.length > 0 ? `one of ${tenants.join(", ")}` : "none, as identity.tenants is empty"}`;
      context.addIssue({ code: "custom", path: ["certificates", at, "tenant"], message });
    }
    for (const [at, name] of tenants.entries()) {
      if (tenants.indexOf(name) === at) continue;
      context.addIssue({
        code: "custom",
        path: ["tenants", at],
        message: `is ${name}, as another one is; names are unique`,
      });
    }
  })
  .describe("Who may call over TCP, by token or certificate, with which roles; see docs/identity.md.");

/** What `identity` says, with all defaults filled in. */
export type IdentityConfiguration = z.output<typeof identitySchema>;

function isKeyUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname));
}
