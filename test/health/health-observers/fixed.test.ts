import { describe, expect, it } from "vitest";
import { createFixedObserver } from "#health";

describe("the fixed observer", () => {
  it("observes the given snapshot every time", () => {
    const snapshot = { status: "BLOCKED", signals: { reason: "maintenance" } } as const;
    const observer = createFixedObserver(snapshot);
    expect(observer.observeHealth()).toEqual(snapshot);
    expect(observer.observeHealth()).toEqual(snapshot);
  });

  it("is not changed by what its maker or its reader does to the snapshot later", () => {
    const snapshot = { status: "HEALTHY" as const, signals: { list: [1, 2] } };
    const observer = createFixedObserver(snapshot);
    snapshot.signals.list.push(3);
    const seen = observer.observeHealth();
    expect(() => Object.assign(seen, { status: "UNKNOWN" })).toThrow(TypeError);
    expect(observer.observeHealth()).toEqual({ status: "HEALTHY", signals: { list: [1, 2] } });
  });
});
