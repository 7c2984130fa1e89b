import { describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/index.ts";
import { fakeHost } from "../cli/support/fake-host.ts";
import { at, deployed, documentsOf, filesOf, listAt } from "./files.ts";

/** Every call of the program that a file of deploy/ makes, in its words. */
function calls(): readonly (readonly string[])[] {
  const services = Object.values(at(documentsOf("compose.yaml")[0], "services") as Record<string, unknown>);
  const composed = services.flatMap((service) => [
    listAt(service, "command"),
    asked(listAt(service, "healthcheck", "test").slice(1)),
  ]);
  const units = filesOf("systemd").flatMap((name) => {
    const [, words = ""] = /^ExecStart=.*\/bin\.js (.*)$/m.exec(deployed(`systemd/${name}`)) ?? [];
    return [words.split(" ")];
  });
  const pods = filesOf("kubernetes").flatMap((name) => documentsOf(`kubernetes/${name}`));
  const contained = pods.flatMap((pod) =>
    listAt(pod, "spec", "template", "spec", "containers").flatMap((container) => [
      listAt(container, "args"),
      ...["startupProbe", "readinessProbe"].map((probe) => asked(listAt(container, probe, "exec", "command"))),
    ]),
  );
  return [...composed, ...units, ...contained].filter((words) => words.length > 0).map((words) => words.map(String));
}

/** The words behind `verbatim`; none if another program is called. */
function asked([program, ...words]: readonly unknown[]): readonly unknown[] {
  return program === "verbatim" ? words : [];
}

async function help(...words: readonly string[]): Promise<string> {
  const { host, stdout } = fakeHost({ argv: [...words, "--help"] });
  expect(await runCli(host)).toBe(0);
  return stdout.text;
}

const CALLS = calls();

describe("what the files of deploy/ call is what the program has", () => {
  test("servers, schedulers and workers are started, in each of the three ways", () => {
    for (const command of ["serve", "worker", "scheduler"])
      expect(CALLS.filter(([name]) => name === command).length).toBeGreaterThanOrEqual(3);
    expect(CALLS.filter(([name]) => name === "doctor")).toHaveLength(3);
  });

  test.each(CALLS.map((words) => [words.join(" "), words] as const))("%s", async (_text, [command = "", ...words]) => {
    expect(await help()).toMatch(new RegExp(`^  ${command} `, "m"));
    const flags = [...(await help(command)).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag);
    for (const flag of words.filter((word) => word.startsWith("--"))) expect(flags).toContain(flag);
  });
});
