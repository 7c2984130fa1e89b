import { styleText } from "node:util";

/** What a colour says. The word beside it says the same. */
export type Tone = "good" | "bad" | "doubtful" | "quiet" | "strong";

/** Gives a text its tone, or leaves it as it is where no colours are wanted. */
export type Paint = (tone: Tone, text: string) => string;

const STYLES = { good: "green", bad: "red", doubtful: "yellow", quiet: "dim", strong: "bold" } as const;

/** Leaves every text as it is. */
export const plain: Paint = (_tone, text) => text;

/** Colours for a terminal. */
export const coloured: Paint = (tone, text) => styleText(STYLES[tone], text, { validateStream: false });
