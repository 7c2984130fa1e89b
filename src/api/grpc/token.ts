import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { link, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "#model";
import type { Principal } from "./call-context.ts";

/** The file of the state directory that holds the bearer token. */
export const TOKEN_FILE = "token";

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{32,256}$/;

/**
 * The bearer token of a state directory, made at the first call: 32 random bytes in base64url in a file of mode 0600.
 * @throws {Fault} INVALID_CONFIGURATION if a file is there that others may read, or that is no token.
 */
export async function createToken(stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, TOKEN_FILE);
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(`${randomBytes(TOKEN_BYTES).toString("base64url")}\n`);
    await file.sync();
    await link(draft, path); // whole or not at all, and never over a token that is there
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  return await readToken(stateDirectory);
}

/**
 * The bearer token of a state directory.
 * @throws {Fault} UNAUTHENTICATED if there is none; INVALID_CONFIGURATION if others may read it, or it is no token.
 */
export async function readToken(stateDirectory: string): Promise<string> {
  const path = join(stateDirectory, TOKEN_FILE);
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      const seen = (mode & 0o777).toString(8).padStart(4, "0");
      throw new Fault(
        "INVALID_CONFIGURATION",
        `The token file ${path} has mode ${seen}, so others may know it. Delete it.`,
      );
    }
    text = (await readFile(path, "utf8")).trim();
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    throw new Fault("UNAUTHENTICATED", `There is no token file ${path}: the server makes it when it starts.`, {
      cause: error,
    });
  }
  if (TOKEN.test(text)) return text;
  throw new Fault(
    "INVALID_CONFIGURATION",
    `The token file ${path} holds no token. Delete it, and start the server again.`,
  );
}

/** Takes whoever brings `authorization: Bearer <token>`. The comparison takes the same time for every wrong token. */
export function tokenAuthenticator(token: string): (authorization: string | undefined) => Principal {
  const expected = sha256(`Bearer ${token}`);
  const principal: Principal = { name: "token" };
  return (authorization) => {
    if (authorization === undefined) {
      throw new Fault("UNAUTHENTICATED", "The call brings no token; send authorization: Bearer <token>.");
    }
    if (!timingSafeEqual(sha256(authorization), expected)) {
      throw new Fault("UNAUTHENTICATED", "The call brings a token that is not this server's.");
    }
    return principal;
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
