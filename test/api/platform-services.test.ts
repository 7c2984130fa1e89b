import { describe, expect, test } from "vitest";
import { HealthStatus } from "../../src/api/gen/verbatim/health/v1/health_pb.ts";
import { platformHouse } from "./support/platform-house.ts";

describe("the platform over the wire", () => {
  test("is told page by page, with nothing left out and nothing twice", async () => {
    await using given = await platformHouse(5);
    for (let at = 0; at < 5; at += 1) given.platform.set(`configuration/k${at}`, at, "person:ada");
    const { platform } = given.house.client;
    const capabilities: string[] = [];
    const keys: string[] = [];
    let pageToken = "";
    do {
      const page = await platform.listCapabilities({ pageSize: 2, pageToken });
      capabilities.push(...page.capabilities.map(({ name }) => name));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    do {
      const page = await platform.listConfiguration({ pageSize: 2, pageToken });
      keys.push(...page.values.map(({ key }) => key));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(capabilities).toEqual(["c0", "c1", "c2", "c3", "c4"]);
    expect(keys).toEqual(["k0", "k1", "k2", "k3", "k4"]);
    const first = await platform.listChanges({ pageSize: 3 });
    const second = await platform.listChanges({ afterSeq: 3n, pageSize: 3 });
    expect([...first.changes, ...second.changes].map(({ seq }) => seq)).toEqual([1n, 2n, 3n, 4n, 5n]);
    expect([first.headSeq, (await platform.listChanges({ afterSeq: 5n })).changes]).toEqual([5n, []]);
  });

  test("has shorter pages where the values are large, and no answer that is too large", async () => {
    await using given = await platformHouse();
    for (let at = 0; at < 400; at += 1)
      given.platform.set(`configuration/k${at}`, `${"\u20AC".repeat(2700)}${at}`, "person:ada");
    const { platform } = given.house.client;
    const found = new Set<string>();
    let pageToken = "";
    do {
      const page = await platform.listConfiguration({ pageSize: 1000, pageToken });
      expect(page.values.length).toBeLessThan(100);
      for (const { key } of page.values) found.add(key);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(found.size).toBe(400);
    const { changes } = await platform.listChanges({ pageSize: 1000 });
    expect(changes.length).toBeGreaterThan(10);
    expect(changes.length).toBeLessThan(100);
  });

  test("refuses a page too large and a token that no page gave", async () => {
    await using given = await platformHouse();
    const { platform } = given.house.client;
    const asked = { pageSize: 1001, pageToken: "none" };
    for (const call of [platform.listCapabilities(asked), platform.listConfiguration(asked)])
      await expect(call).rejects.toMatchObject({ violations: [{ field: "page_size" }, { field: "page_token" }] });
    await expect(platform.listChanges({ pageSize: 1001 })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect((await platform.listChanges({ afterSeq: -5n, pageSize: 1000 })).changes).toEqual([]);
  });
});

describe("health over the wire", () => {
  const probe = { source: "probe", scope: "c0", status: HealthStatus.DEGRADED, reason: "slow" };

  test("is said, told and taken back by source and scope", async () => {
    await using given = await platformHouse();
    const { platformHealth: health } = given.house.client;
    const { signal } = await health.reportSignal({ ...probe, ttlSeconds: 60 });
    expect(signal).toMatchObject({ ...probe, expired: false });
    expect(signal?.expiresAt?.seconds).toBe((signal?.reportedAt?.seconds ?? 0n) + 60n);
    expect(await health.getHealth({ scope: "c0" })).toMatchObject({
      scope: "c0",
      status: HealthStatus.DEGRADED,
      blocks: false,
      reasons: ["probe: DEGRADED: slow"],
    });
    expect((await health.getHealth({ scope: "c1" })).status).toBe(HealthStatus.HEALTHY);
    expect((await health.listSignals({})).signals).toMatchObject([probe]);
    expect(await health.withdrawSignal({ source: "probe", scope: "c0" })).toMatchObject({ withdrawn: true });
    expect(await health.withdrawSignal({ source: "probe", scope: "c0" })).toMatchObject({ withdrawn: false });
    expect((await health.listSignals({})).signals).toEqual([]);
    const since = { seconds: 0n, nanos: 0 };
    const [past, ...more] = (await health.listSignals({ since })).signals;
    expect([past?.source, more]).toEqual(["probe", []]);
    expect(past?.until).toBeDefined();
  });

  test("is told as UNKNOWN when the time of a signal is over, and blocks then", async () => {
    await using given = await platformHouse();
    const { platformHealth: health } = given.house.client;
    await health.reportSignal({ ...probe, status: HealthStatus.HEALTHY, ttlSeconds: 0.001 });
    const isOver = async () => (await health.listSignals({})).signals[0]?.expired === true;
    await expect.poll(isOver).toBe(true);
    expect(await health.getHealth({ scope: "c0" })).toMatchObject({ status: HealthStatus.UNKNOWN, blocks: true });
  });

  test("is said of nothing that is not there, and in no form that is not known", async () => {
    await using given = await platformHouse();
    const { platformHealth: health } = given.house.client;
    await expect(health.reportSignal({ ...probe, scope: "other", status: 9 as HealthStatus })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      violations: [{ field: "scope" }, { field: "status" }],
    });
    await expect(health.reportSignal({ ...probe, source: "" })).rejects.toMatchObject({
      violations: [{ field: "source" }],
    });
    await expect(health.getHealth({ scope: "other" })).rejects.toMatchObject({ violations: [{ field: "scope" }] });
    await expect(health.listSignals({ limit: 1001 })).rejects.toMatchObject({ violations: [{ field: "limit" }] });
    expect((await health.listSignals({ limit: 1000 })).signals).toEqual([]);
  });
});
