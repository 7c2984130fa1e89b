import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { documentPaths, ROOT, textOf } from "./support/documents.ts";

/** What has no place in a document, and why. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w.])\/(?:work|root|home|Users|mnt|opt)\/\w/, "a path of one machine"],
  [/\bregistry\.|\bartifactory\b|\bverdaccio\b|npmjs\.(?:org|com)|deb\.debian\.org/i, "the host of a registry"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b(?<!127\.0\.0\.1)(?!\/\d)/, "an address of one machine"],
  [/\p{Extended_Pictographic}(?<![✓✗▸⊘■·])/u, "a picture"],
  [
    /\b(?:blazing|seamless|powerful|robust|cutting-edge|world-class|leverag\w+|effortless\w*)\b/i,
    "a word of marketing",
  ],
  [/\b(?:TODO|FIXME|TBD|lorem ipsum)\b/, "something unfinished"],
];

/** What is wrong with a text, each with its line. */
function findings(text: string): readonly string[] {
  return text
    .split("\n")
    .flatMap((line, at) =>
      FORBIDDEN.filter(([pattern]) => pattern.test(line)).map(([, why]) => `line ${at + 1}: ${why}: ${line.trim()}`),
    );
}

/** The examples are documents too. */
const EXAMPLES = readdirSync(join(ROOT, "examples"), { recursive: true, encoding: "utf8" })
  .filter((path) => /\.(?:ts|yaml|py)$/.test(path) && !path.includes("stubs/"))
  .map((path) => join("examples", path));

describe("the documents speak of this project, plainly", () => {
  test("the examples are found among the documents", () => {
    expect(EXAMPLES).toContain("examples/demo.ts");
  });

  test.each([...documentPaths(), ...EXAMPLES])("%s has no word that does not belong there", (path) => {
    expect(findings(textOf(path))).toEqual([]);
  });

  test.each([
    "see /home/ada/log",
    "from registry.example.org",
    "at 10.1.2.3:80",
    "fast 🚀",
    "a powerful engine",
    "TODO: write",
  ])("the words of %j are found", (text) => {
    expect(findings(text)).toHaveLength(1);
  });

  test.each(["`unix:/path`", "127.0.0.1:7431", "✓ completed", "the host's registry of types"])(
    "the words of %j may stay",
    (text) => {
      expect(findings(text)).toEqual([]);
    },
  );
});
