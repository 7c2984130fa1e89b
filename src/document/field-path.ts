/** A place in a document: the keys that lead to it. */
export type Keys = readonly PropertyKey[];

/** `steps[2].target: what is wrong` */
export function told(keys: Keys, text: string): string {
  return `${fieldText(keys)}: ${text}`;
}

/** `steps[2].target`; `the file` for the whole. */
export function fieldText(keys: Keys): string {
  const text = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return text === "" ? "the file" : text.replace(/^\./, "");
}

/** The keys of a field path such as `steps[2].parameters.argv[0]`. */
export function keysOf(field: string): Keys {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key]) =>
    index === undefined ? (key ?? "") : Number(index),
  );
}
