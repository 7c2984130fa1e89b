// A step type of one's own. The configuration that loads it:
//
//   handler_directories: [handlers]
//   handlers: [handlers/folder-make.ts]
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/** What Verbatim gives to `stepTypes`, as far as this module needs it. */
interface Api {
  readonly base: string;
}

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** `folder.make {name}`: makes a folder in `out`, beside the configuration file. One that is there already is fine. */
export function stepTypes({ base }: Api) {
  return [
    {
      name: "folder.make",
      parametersSchema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        properties: { name: { type: "string", pattern: NAME.source } },
        required: ["name"],
        additionalProperties: false,
      },
      /** Lists all problems before anything runs. */
      checkParameters(parameters: Readonly<Record<string, unknown>>) {
        const unknown = Object.keys(parameters).filter((name) => name !== "name");
        return [
          ...(NAME.test(String(parameters["name"]))
            ? []
            : [{ field: "name", description: "is no name of 1 to 64 of A-Z a-z 0-9 _ -" }]),
          ...unknown.map((field) => ({ field, description: "is no parameter of folder.make, expected only name" })),
        ];
      },
      handler: {
        /** Called once for a step. What it throws is a failed step. */
        execute({ parameters }: { readonly parameters: Readonly<Record<string, unknown>> }) {
          const path = join(base, "out", String(parameters["name"]));
          const made = mkdirSync(path, { recursive: true }) !== undefined;
          return { success: true, output: { path, made } };
        },
      },
    },
  ];
}
