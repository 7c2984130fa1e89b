import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCli } from "../../../src/cli/index.ts";
import { scratchDirectory } from "../../support/scratch-directory.ts";
import { fakeHost } from "../support/fake-host.ts";

const EXAMPLE = join(import.meta.dirname, "../../../examples/helpdesk/hooks.yaml");

async function run(...argv: readonly string[]) {
  const fake = fakeHost({ argv: ["hooks", "check", ...argv] });
  return { code: await runCli(fake.host), out: fake.stdout.text, err: fake.stderr.text };
}

describe("verbatim hooks check", () => {
  it("says what a file of hooks asks for, without a server", async () => {
    const { code, out, err } = await run(EXAMPLE);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n").slice(0, 5)).toEqual([
      `${EXAMPLE} is valid: 3 entities, 2 jobs, 2 hooks.`,
      "Ticket.after_create",
      '  notify_agents: email.send for each of Ticket.org.members, where record.role == "agent"',
      'Ticket.after_update, when new.priority == "high" && old.priority != "high"',
      "  notify_author: email.send for each of Ticket.author",
    ]);
  });

  it("says it as JSON too, with the hash of the file", async () => {
    const { code, out } = await run(EXAMPLE, "--json", "--step-type", "email.send");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      entities: ["Ticket", "Organisation", "User"],
      jobs: [
        { name: "notify_agents", needs: "Ticket.org.members", resolved: "User", capabilities: ["email.send"] },
        {},
      ],
      hooks: [{ name: "Ticket.after_create", when: null, jobs: ["notify_agents"] }, {}],
    });
  });

  it("lists all that is wrong with their lines, and ends with exit code 2", async () => {
    await using directory = await scratchDirectory();
    const file = join(directory.path, "hooks.yaml");
    const text = await readFile(EXAMPLE, "utf8");
    await writeFile(file, text.replace("Ticket.after_create", "Ticket.before_create").replace("[id, email]", "[nix]"));
    const { code, out, err } = await run(file);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(`verbatim: The hooks in ${file} are not valid.`);
    expect(err).toMatch(new RegExp(`${file}:29  jobs.notify_agents.take\\[0\\]: names the field nix`));
    expect(err).toMatch(new RegExp(`${file}:54  hooks.Ticket.before_create: would run before the change`));
  });

  it("refuses a step type that it was not told of, and a file that is not there", async () => {
    expect(await run(EXAMPLE, "--step-type", "webhook.post")).toMatchObject({ code: 2, out: "" });
    expect(await run(join(EXAMPLE, "nowhere.yaml"))).toMatchObject({ code: 2, out: "" });
  });
});
