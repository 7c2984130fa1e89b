import { createProcessTable } from "./process-table.ts";
import { ResourceMeter } from "./resource-meter.ts";
import { CommandSupervisor } from "./supervisor.ts";
import type { SupervisorOptions } from "./supervisor.ts";

/** What all step types of one server share that start commands. Disposing it ends the supervisor. */
export interface CommandHost extends AsyncDisposable {
  /** Ends commands when this process is killed. */
  readonly supervisor: CommandSupervisor;
  /** Says what commands used; one for all, for it reads this process's account of its ended children. */
  readonly meter: ResourceMeter;
}

/** Makes what commands are started with; the supervisor starts with the first of them. */
export function createCommandHost(options: SupervisorOptions): CommandHost {
  const supervisor = new CommandSupervisor(options);
  const meter = new ResourceMeter({ table: createProcessTable(), clock: options.clock });
  return {
    supervisor,
    meter,
    async [Symbol.asyncDispose]() {
      meter[Symbol.dispose]();
      await supervisor[Symbol.asyncDispose]();
    },
  };
}
