/** Adds a problem of a plan: where, and what is wrong there. */
export type Tell = (field: string, description: string) => void;
