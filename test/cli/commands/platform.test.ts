import { describe, expect, it } from "vitest";
import { platformHouse } from "../../api/support/platform-house.ts";
import { startHouse } from "../../api/support/house.ts";
import { runCommand } from "../support/house-host.ts";

describe("the commands about the platform", () => {
  it("list capabilities with their parameters, and the configuration with who has changed it", async () => {
    await using given = await platformHouse(2);
    given.platform.set("capability/c1", "enabled", "person:ada");
    given.platform.set("capability/c1/parameters/depth", [3], "person:ada");
    given.platform.perform({ idempotencyKey: "job-1/0", key: "configuration/limit", value: "a\u001Bb" });
    const { out } = await runCommand(given.house, ["capabilities"]);
    expect(out).toBe(`NAME     STATE       VALUE
c0       disabled
c1       enabled
  depth              [3]
`);
    const { out: values } = await runCommand(given.house, ["configuration"]);
    expect(values).toMatch(/^KEY    VERSION  CHANGED .*\nlimit  1 {8}\S+Z  job-1\/0  "a\\u001bb"\n$/);
    const told = await runCommand(given.house, ["configuration", "--json"]);
    expect(JSON.parse(told.out)).toMatchObject({
      configuration: [{ key: "limit", value: "a\u001Bb", version: 1, changed_by: "job-1/0" }],
    });
    expect(JSON.parse((await runCommand(given.house, ["capabilities", "--json"])).out)).toEqual({
      capabilities: [
        { name: "c0", state: "disabled", frozen: false, parameters: {} },
        { name: "c1", state: "enabled", frozen: false, parameters: { depth: [3] } },
      ],
    });
  });

  it("list the journal in order, as much of it as is asked for, and say whether there is more", async () => {
    await using given = await platformHouse();
    expect((await runCommand(given.house, ["changes"])).out).toBe("No changes.\n");
    for (const value of [1, 2, 3]) given.platform.set("configuration/limit", value, "person:ada");
    const { out } = await runCommand(given.house, ["changes", "--after", "1", "--limit", "1"]);
    expect(out).toMatch(
      /^SEQ .*\n2 {4}\S+Z  configuration\/limit  person:ada  1 -> 2\n\.\.\. there are more; --after 2/,
    );
    const { out: rest } = await runCommand(given.house, ["changes", "--after", "2", "--limit", "1", "--json"]);
    expect(JSON.parse(rest)).toMatchObject({
      changes: [{ seq: 3, key: "configuration/limit", change: "update", before: 2, after: 3, by: "person:ada" }],
      more: false,
    });
    const { out: all } = await runCommand(given.house, ["changes"]);
    expect(all.split("\n")).toHaveLength(5);
    expect(all).toContain("nothing -> 1");
  });

  it("say something about health, show what it comes to, and take it back", async () => {
    await using given = await platformHouse();
    const run = async (...argv: readonly string[]) => await runCommand(given.house, ["health", ...argv]);
    expect(await run()).toMatchObject({ code: 0, out: "✓ HEALTHY  system\nNo signals.\n" });
    const said = await run("report", "c0", "--status", "BLOCKED", "--reason", "maintenance", "--ttl", "60");
    expect(said).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^c0: BLOCKED by person:tester, until \S+Z\n$/) as string,
    });
    await run("report", "system", "--status", "HEALTHY", "--source", "probe");
    const { out } = await run("show", "c0");
    expect(out).toMatch(
      /^✗ BLOCKED  c0  nothing may be changed\n  person:tester: BLOCKED: maintenance\nSCOPE .*\nc0 .* maintenance\n$/,
    );
    const told = JSON.parse((await run("--json")).out) as { readonly signals: readonly object[] }; // held below
    expect(told).toMatchObject({ scope: "system", status: "HEALTHY", blocks: false, reasons: [] });
    expect(told.signals).toHaveLength(2);
    expect(told.signals[0]).toMatchObject({ source: "person:tester", scope: "c0", status: "BLOCKED", expired: false });
    expect(await run("withdraw", "c0")).toMatchObject({ code: 0, out: "c0: withdrawn by person:tester\n" });
    expect(await run("withdraw", "c0")).toMatchObject({ code: 4, out: "c0: nothing was said by person:tester\n" });
    expect(JSON.parse((await run("withdraw", "system", "--source", "probe", "--json")).out)).toEqual({
      source: "probe",
      scope: "system",
      withdrawn: true,
    });
  });

  it.each([
    ["health", "report", "c0"],
    ["health", "report", "c0", "--status", "FINE"],
    ["health", "report", "c0", "--status", "HEALTHY", "--ttl", "0"],
    ["changes", "--after", "-1"],
    ["changes", "--limit", "0"],
  ])("refuse what they cannot do: %s %s %s", async (...argv) => {
    await using given = await platformHouse();
    expect((await runCommand(given.house, argv)).code).toBe(2);
  });

  it.each(["capabilities", "configuration", "changes", "health"])(
    "%s says which key is missing where there is no platform, with exit code 6",
    async (command) => {
      await using house = await startHouse();
      const { code, err } = await runCommand(house, [command]);
      expect(code).toBe(6);
      expect(err).toMatch(/no key `platform`/);
    },
  );
});
