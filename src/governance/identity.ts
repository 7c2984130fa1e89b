/** Who a name stands for. Two spellings are one person: case, width and surrounding blanks make no second pair of eyes. */
export function identity(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}
