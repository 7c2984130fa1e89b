import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { JSONWebKeySet } from "jose";
import { createSecretKey } from "node:crypto";

/** An issuer of tokens as a test needs one. */
export interface Issuer {
  readonly keys: JSONWebKeySet;
  /** A token with these claims over the usual ones; `undefined` leaves one out. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** A token with these claims for each of the ways that most servers are asked for: what is wrong with it, and it. */
  broken(claims: Readonly<Record<string, unknown>>): Promise<Readonly<Record<BrokenKind, string>>>;
  /** Tokens that must not be accepted, each with what is wrong with it. */
  readonly bad: Readonly<Record<string, string>>;
}

/** Ways in which a token of anybody's is broken. */
export const BROKEN_KINDS = ["expired", "wrong audience", "alg none", "wrong key", "not yet valid"] as const;

/** One of {@link BROKEN_KINDS}. */
export type BrokenKind = (typeof BROKEN_KINDS)[number];

/** What the usual token says. */
export const ISSUER = "https://issuer.example";
/** For whom the usual token is. */
export const AUDIENCE = "verbatim";

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Makes an issuer with a key of its own, and one of every kind of token that is not to be believed. */
export async function makeIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const other = await generateKeyPair("ES256");
  const rsa = await generateKeyPair("RS256", { extractable: true });
  const keys = {
    keys: [
      { ...(await exportJWK(publicKey)), kid: "one", alg: "ES256", use: "sig" },
      { ...(await exportJWK(rsa.publicKey)), kid: "rsa", use: "sig" },
    ],
  };
  const usual = (claims: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: "alice",
        exp: now() + 600,
        roles: ["submitter", "approver", "reader", "operator", "auditor"],
        tenant: "acme",
        ...claims,
      }).filter(([, value]) => value !== undefined),
    );
  const signed = (claims: Readonly<Record<string, unknown>>, key = privateKey, header = { alg: "ES256", kid: "one" }) =>
    new SignJWT(usual(claims)).setProtectedHeader(header).sign(key);
  const token = (claims: Readonly<Record<string, unknown>> = {}): Promise<string> => signed(claims);
  const pem = await exportSPKI(rsa.publicKey);
  const confused = (secret: string): Promise<string> =>
    new SignJWT(usual()).setProtectedHeader({ alg: "HS256", kid: "rsa" }).sign(createSecretKey(Buffer.from(secret)));
  const good = await token();
  const [header = "", body = "", signature = ""] = good.split(".");
  const tampered = Buffer.from(JSON.stringify(usual({ sub: "mallory" }))).toString("base64url");
  const bad = {
    expired: await token({ exp: now() - 31 }),
    "without an end": await token({ exp: undefined }),
    "of the wrong audience": await token({ aud: "another" }),
    "without an audience": await token({ aud: undefined }),
    "of the wrong issuer": await token({ iss: `${ISSUER}/` }),
    "not yet valid": await token({ nbf: now() + 3600, exp: now() + 7200 }),
    "without a subject": await token({ sub: undefined }),
    "with an empty subject": await token({ sub: "" }),
    "with a subject that is no text": await token({ sub: 7 }),
    "with the server's own name": await token({ sub: "Local" }),
    "with an unseen mark in its name": await token({ sub: "alice\u200b" }),
    "of no tenant": await token({ tenant: undefined }),
    "of an unknown tenant": await token({ tenant: "nobody" }),
    "of a tenant list": await token({ tenant: ["acme"] }),
    "with alg none": new UnsecuredJWT(usual()).encode(),
    "with alg NONE": `${Buffer.from('{"alg":"NONE"}').toString("base64url")}.${body}.`,
    "HS256 with the public key as PEM": await confused(pem),
    "HS256 with the public key as JSON": await confused(JSON.stringify(keys.keys[1])),
    "of the wrong key": await signed({}, other.privateKey),
    "of a key that is not known": await signed({}, privateKey, { alg: "ES256", kid: "two" }),
    "of an algorithm that is not allowed": await signed({}, rsa.privateKey, { alg: "RS256", kid: "rsa" }),
    "with another body": `${header}.${tampered}.${signature}`,
    "without a signature": `${header}.${body}.`,
    "in two parts": `${header}.${body}`,
    "that is none": "not-a-token",
    "that is too long": await token({ filler: "x".repeat(4096) }),
    "whose header asks for what nobody knows": await new SignJWT(usual())
      .setProtectedHeader({ alg: "ES256", kid: "one", crit: ["x"], x: 1 })
      .sign(privateKey, { crit: { x: true } }),
  };
  const broken = async (claims: Readonly<Record<string, unknown>>) => ({
    expired: await token({ ...claims, exp: now() - 31 }),
    "wrong audience": await token({ ...claims, aud: "another" }),
    "alg none": new UnsecuredJWT(usual(claims)).encode(),
    "wrong key": await signed(claims, other.privateKey),
    "not yet valid": await token({ ...claims, nbf: now() + 3600, exp: now() + 7200 }),
  });
  return { keys, token, broken, bad };
}
