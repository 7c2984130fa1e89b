/** An address as it is taken: no name, no quotes, no comments, ASCII. Nothing in it can end a header or a command. */
export const ADDRESS =
  /^(?=.{3,254}$)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

/** All addresses of a domain. */
const DOMAIN = /^@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

/** Whether a text can stand in the list of permitted recipients: an address, or `@domain` for all of a domain. */
export function isRecipientEntry(text: string): boolean {
  return ADDRESS.test(text) || DOMAIN.test(text);
}

/** Whether the list permits an address. A domain does not stand for those below it; capitals make no difference. */
export function permitsRecipient(address: string, entries: readonly string[]): boolean {
  const asked = address.toLowerCase();
  const domain = asked.slice(asked.lastIndexOf("@"));
  return entries.some((entry) => [asked, domain].includes(entry.toLowerCase()));
}
