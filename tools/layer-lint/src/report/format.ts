import type { View } from "./view.ts";

type Formatter = (view: View) => string;

/** Every form in which a report can be had. Only the one that is asked for is loaded. */
const FORMATTERS = {
  pretty: async () => (await import("./pretty.ts")).pretty,
  concise: async () => (await import("./concise.ts")).concise,
  json: async () => (await import("./json.ts")).json,
  sarif: async () => (await import("./sarif.ts")).sarif,
  github: async () => (await import("./github.ts")).github,
  gitlab: async () => (await import("./gitlab.ts")).gitlab,
  junit: async () => (await import("./junit.ts")).junit,
  markdown: async () => (await import("./markdown.ts")).markdown,
} satisfies Record<string, () => Promise<Formatter>>;

/** Name of a form. */
export type Format = keyof typeof FORMATTERS;

/** All names. */
export const FORMATS: readonly string[] = Object.keys(FORMATTERS);

/** Whether there is a form of that name. */
export function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATTERS, name);
}

/** The report in the form `format`. */
export async function formatReport(view: View, format: Format): Promise<string> {
  const { report, shown } = view;
  // Some forms have no word for the verdict but the findings: an unproven report without any would look clean.
  if (report.exitCode !== 0 && shown.length === 0 && view.omitted === 0)
    throw new Error("A report that is not clean has to hold the finding because of which it is not");
  return (await FORMATTERS[format]())(view);
}
