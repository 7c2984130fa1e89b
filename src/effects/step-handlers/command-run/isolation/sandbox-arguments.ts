import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import type { IsolationOptions } from "./isolation-options.ts";

/** Where the system keeps programs and libraries; each is a directory, or a link into the first. */
const SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** What programs need of `/etc`; the rest of it is not shown. */
const SETTINGS = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/group",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
];
const NETWORK_SETTINGS = ["/etc/hosts", "/etc/resolv.conf"];

/** What of root's privileges is needed to become another user, and is gone once that is done. */
const TO_BECOME_ANOTHER = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

/** The options of bubblewrap; what they make is looked at from inside before the command begins. */
export function sandboxArguments({ runAs, sandbox }: IsolationOptions, directory: string): string[] {
  const { network, readable, hidden, tmpBytes } = sandbox;
  const shown = [...SETTINGS, ...(network ? NETWORK_SETTINGS : [])];
  const memory = ["--perms", "1777", "--size", String(tmpBytes), "--tmpfs"];
  return [
    ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    network ? [] : ["--unshare-net"],
    runAs === undefined ? ["--unshare-user"] : becomesAnother(),
    // However the server ends, the kernel kills all that is inside.
    ["--die-with-parent"],
    SYSTEM.flatMap(shownSystem),
    shown.flatMap((path) => [...parentsOf(path), "--ro-bind-try", path, path]),
    ["--proc", "/proc", "--dev", "/dev"],
    [...memory, "/dev/shm", "--remount-ro", "/dev"],
    [...memory, "/tmp"],
    readable.flatMap(shownPath),
    [...parentsOf(directory), "--bind", directory, directory],
    hidden.flatMap(hiddenDirectory),
    ["--remount-ro", "/"],
  ].flat();
}

/** Directories on the way: those that bubblewrap makes by itself can be entered by its own user alone. */
function parentsOf(path: string): string[] {
  const names = path.split("/").slice(1, -1);
  return names.flatMap((_, index) => ["--perms", "0755", "--dir", `/${names.slice(0, index + 1).join("/")}`]);
}

/** Shown where it really is, so that what is hidden is hidden there as well; its other name is a link. */
function shownPath(path: string): string[] {
  const real = realOrItself(path);
  const shown = [...parentsOf(real), "--ro-bind", real, real];
  return real === path ? shown : [...shown, ...parentsOf(path), "--symlink", real, path];
}

/** What is not there is left to bubblewrap, which says so. */
function realOrItself(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Covers a directory, wherever it would be seen; one that is not there cannot be, and is not made. */
function hiddenDirectory(path: string): string[] {
  try {
    const real = realpathSync(path);
    return ["--perms", "0000", "--tmpfs", real, "--remount-ro", real];
  } catch {
    return [];
  }
}

function becomesAnother(): string[] {
  return ["--cap-drop", "ALL", ...TO_BECOME_ANOTHER.flatMap((name) => ["--cap-add", name])];
}

function shownSystem(path: string): string[] {
  try {
    return lstatSync(path).isSymbolicLink() ? ["--symlink", readlinkSync(path), path] : ["--ro-bind", path, path];
  } catch {
    return []; // not every system has each of them
  }
}
