import { createReserveFile } from "#evidence";
import { DiskGuard } from "#orchestration";
import type { LoadedConfiguration } from "./load-configuration.ts";
import type { EventLog } from "./log-events.ts";
import { systemClock } from "./system-clock.ts";

/** Whom a guard of the disk tells. */
export interface DiskWatchers {
  readonly log: EventLog;
  /** Whether jobs are taken, as far as the disk goes. */
  readonly setServing: (serving: boolean) => void;
}

/** Guards the disk of the state directory; undefined where nothing is kept there, or no reserve is wanted. */
export function guardDisk(configuration: LoadedConfiguration, watchers: DiskWatchers): DiskGuard | undefined {
  const { state, store, reserve_bytes: reserveBytes } = configuration;
  if (store === "memory" || reserveBytes === 0) return undefined;
  const { log, setServing } = watchers;
  return new DiskGuard({
    disk: createReserveFile(state, reserveBytes),
    clock: systemClock,
    reserveBytes,
    onFull(freeBytes) {
      log("disk.full", { free_bytes: freeBytes, reserve_bytes: reserveBytes });
      setServing(false);
    },
    onRoom(freeBytes) {
      log("disk.room", { free_bytes: freeBytes, reserve_bytes: reserveBytes });
      setServing(true);
    },
  });
}
