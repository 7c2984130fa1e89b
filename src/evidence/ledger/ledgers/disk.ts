import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";

/** A file that is open for writing, or a directory that is open to be synced. */
export interface DiskFile {
  /** Writes from the current place on; resolves with how many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The calls to the file system that a ledger makes; a test may let each of them fail. */
export interface Disk {
  /** Nothing happens if the directory is there. */
  makeDirectory(path: string): Promise<void>;
  /** An empty file for writing. */
  create(path: string): Promise<DiskFile>;
  openDirectory(path: string): Promise<Pick<DiskFile, "sync" | "close">>;
  rename(from: string, to: string): Promise<void>;
  /** With everything in it. */
  removeDirectory(path: string): Promise<void>;
  /** Undefined if there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** Names in a directory; none if it is not there. */
  list(path: string): Promise<readonly string[]>;
}

/** The file system of this machine. */
export const systemDisk: Disk = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  async create(path) {
    const file = await open(path, "w", 0o600);
    return {
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },
  openDirectory: (path) => open(path, "r"),
  rename,
  removeDirectory: (path) => rm(path, { recursive: true, force: true }),
  read: (path) => readFile(path).catch(ifAbsent(undefined)),
  list: (path) => readdir(path).catch(ifAbsent([])),
};

function ifAbsent<Value>(value: Value): (error: unknown) => Value {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return value;
    throw error;
  };
}
