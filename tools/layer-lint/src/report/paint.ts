import { styleText } from "node:util";

/** What is said by colour is always said by words too. */
export type Style = "red" | "yellow" | "green" | "bold" | "dim" | "cyan";

/** Gives a text a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Leaves every text as it is. */
export const plain: Paint = (_style, text) => text;

/** Paints whatever it is written to. */
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** As Node itself decides: `FORCE_COLOR` says it, else `NO_COLOR` forbids it, else a terminal gets colours. */
export function paintFor(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): Paint {
  const { FORCE_COLOR: forced, NO_COLOR: forbidden } = environment;
  if (forced !== undefined) return forced === "0" || forced === "false" ? plain : coloured;
  if (forbidden !== undefined && forbidden !== "") return plain;
  return isTerminal ? coloured : plain;
}
