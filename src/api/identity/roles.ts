/** What somebody may be allowed to do; somebody may have several. What a role may is the table of `access/authorization-table.ts`. */
export const ROLES = ["submitter", "approver", "reader", "operator", "auditor"] as const;

/** One of {@link ROLES}. */
export type Role = (typeof ROLES)[number];

/** Whether a word that a credential brings is a role. */
export function isRole(word: unknown): word is Role {
  return typeof word === "string" && (ROLES as readonly string[]).includes(word);
}
