import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPlatformStore } from "#effects";
import type { PlatformStore } from "#effects";
import { createFixedObserver, openHealthSignals } from "#health";
import type { OpenHealthSignals } from "#health";
import { startHouse, systemClock } from "./house.ts";
import type { House } from "./house.ts";

/** A house with a platform and what is said about its health. */
export interface PlatformHouse extends AsyncDisposable {
  readonly house: House;
  readonly platform: PlatformStore;
  readonly signals: OpenHealthSignals;
}

/** A house with a platform of `count` capabilities, `c0` and so on. */
export async function platformHouse(count = 2): Promise<PlatformHouse> {
  const directory = mkdtempSync(join(tmpdir(), "verbatim-platform-"));
  const capabilities = Array.from({ length: count }, (_none, at) => ({ name: `c${at}` }));
  const platform = openPlatformStore({ path: join(directory, "platform.db"), clock: systemClock, capabilities });
  const observer = createFixedObserver({ status: "HEALTHY", signals: {} });
  const signals = openHealthSignals({ path: join(directory, "health.db"), clock: systemClock, observer });
  const house = await startHouse({ platform, signals });
  return {
    house,
    platform,
    signals,
    async [Symbol.asyncDispose]() {
      await house[Symbol.asyncDispose]();
      platform.close();
      signals[Symbol.dispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
