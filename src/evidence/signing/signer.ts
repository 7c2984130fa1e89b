/** How a key signs: Ed25519, or ECDSA over P-256 with SHA-256 (the signature in DER). */
export type SignatureAlgorithm = "ed25519" | "ecdsa-p256";

/**
 * Port: signs with a key that only the adapter knows.
 *
 * It signs whatever it is given; what a signature says stands in the signed bytes, which begin with what kind they are.
 */
export interface Signer {
  /** Base64url SHA-256 of the public key (SPKI, DER): 43 characters. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  /** PEM, SPKI. */
  readonly publicKeyPem: string;
  /** @throws {Fault} SIGNER_UNAVAILABLE if it does not answer, or answers with what its key did not sign. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
