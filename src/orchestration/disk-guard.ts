import type { EvidenceDisk } from "#evidence";
import { Fault } from "#model";
import type { Clock } from "#model";

/** How often the disk is looked at while jobs run, or while it is full. */
const LOOK_MS = 1000;

/** Jobs are taken again when this many times the reserve is free: then the reserve is made again, and twice of it stays. */
const ENOUGH_RESERVES = 3;

const MEBIBYTE = 2 ** 20;

/** What a guard is made of. */
export interface DiskGuardOptions {
  readonly disk: EvidenceDisk;
  readonly clock: Clock;
  /** Size of the reserve, and at the same time how much has to be free beside it. */
  readonly reserveBytes: number;
  /** Told when there is too little room, with how much there is; must not throw. */
  readonly onFull: (freeBytes: number) => void;
  /** Told when there is room again, with how much there is; must not throw. */
  readonly onRoom: (freeBytes: number) => void;
}

/**
 * Looks ahead, so that a full disk is met by refusing jobs and not by a failed write: while too little is free no job is
 * taken, those that run are stopped, and what they still have to say is written where the reserve was.
 */
export class DiskGuard {
  readonly #options: DiskGuardOptions;
  #full = false;
  #disarm: (() => void) | undefined;
  readonly #busy = new Set<object>();
  #closed = false;
  readonly #stoppers: ((why: string) => void)[] = [];

  /** Looks at once: what a start has to write may need the reserve that the process before has left. */
  constructor(options: DiskGuardOptions) {
    this.#options = options;
    this.look();
  }

  /** Takes the reserve. Call it when the directory is owned by this process. */
  start(): void {
    if (!this.#full && !this.#hold()) this.#becomeFull(this.#options.disk.freeBytes());
  }

  /** Whether too little is free. */
  get full(): boolean {
    return this.#full;
  }

  /** Adds who stops jobs that run. */
  addStopper(stop: (why: string) => void): void {
    this.#stoppers.push(stop);
  }

  /** Whether somebody runs jobs: as long as anybody does, the disk is looked at again and again. */
  setBusy(who: object, busy: boolean): void {
    if (busy) this.#busy.add(who);
    else this.#busy.delete(who);
    this.#arm();
  }

  /** Looks at the disk now. @throws {Fault} LIMIT_EXCEEDED while too little is free. */
  requireRoom(): void {
    this.look();
    if (this.#full) throw diskFull(this.#options.disk.freeBytes(), this.#options.reserveBytes);
  }

  /** Looks at the disk now, and does what follows. */
  look(): void {
    if (this.#closed) return;
    const { disk, reserveBytes, onRoom } = this.#options;
    const free = disk.freeBytes();
    if (!this.#full && free < reserveBytes) this.#becomeFull(free);
    else if (this.#full && free >= ENOUGH_RESERVES * reserveBytes && this.#hold()) {
      this.#full = false;
      onRoom(free);
    }
    this.#arm();
  }

  #becomeFull(free: number): void {
    this.#full = true;
    this.#options.disk.releaseReserve();
    this.#options.onFull(free);
    for (const stop of this.#stoppers) stop(`the disk is full: ${mebibytes(free)} MiB were left`);
    this.#arm();
  }

  /** Somebody else may have taken the room in the meantime: then the disk is as full as before. */
  #hold(): boolean {
    try {
      this.#options.disk.holdReserve();
      return true;
    } catch {
      this.#options.disk.releaseReserve();
      return false;
    }
  }

  #arm(): void {
    if (this.#closed || this.#disarm !== undefined || !(this.#busy.size > 0 || this.#full)) return;
    this.#disarm = this.#options.clock.after(LOOK_MS, () => {
      this.#disarm = undefined;
      this.look();
    });
  }

  /** Looks no more. The reserve stays for the next start. */
  close(): void {
    this.#closed = true;
    this.#disarm?.();
  }
}

function diskFull(freeBytes: number, reserveBytes: number): Fault {
  return new Fault(
    "LIMIT_EXCEEDED",
    `The disk is full: ${mebibytes(freeBytes)} MiB are free where evidence is kept, and new jobs are taken from ${mebibytes(ENOUGH_RESERVES * reserveBytes)} MiB on. Make room there; the server goes on by itself.`,
  );
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
