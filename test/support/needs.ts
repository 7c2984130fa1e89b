import { spawnSync } from "node:child_process";
import { getuid } from "node:process";

/** Makes a disk out of a file, mounts it and cuts its power, once. */
const CUT_A_DISK = `set -e
directory=$(mktemp -d)
trap 'umount "$directory/mount" 2>/dev/null; rm -r "$directory"' EXIT
mkdir "$directory/mount"
truncate -s 16M "$directory/image"
mkfs.ext4 -q "$directory/image"
mount -o loop "$directory/image" "$directory/mount"
xfs_io -x -c shutdown "$directory/mount"`;

/** What some tests need that no package of npm brings: how to see whether it is there, and how to get it. */
const NEEDS = {
  openssl: { look: ["openssl", "version"], get: "apt-get install -y openssl" },
  "systemd-analyze": { look: ["systemd-analyze", "--version"], get: "apt-get install -y systemd" },
  strace: { look: ["strace", "-V"], get: "apt-get install -y strace" },
  "Python's gRPC": {
    look: ["/usr/bin/python3", "-c", "import grpc, google.protobuf"],
    get: "apt-get install -y python3-grpcio python3-protobuf",
  },
  "Python 3": { look: ["/usr/bin/python3", "-c", ""], get: "apt-get install -y python3" },
  "a disk whose power can be cut": {
    look: ["sh", "-c", CUT_A_DISK],
    get: "run the tests as root on a kernel with loop devices and ext4, after apt-get install -y xfsprogs e2fsprogs",
  },
  "a sandbox of bubblewrap": {
    look: ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--unshare-net", "true"],
    get: "apt-get install -y bubblewrap, and run the tests where namespaces may be made",
  },
  root: { look: undefined, get: "run the tests as root" },
} as const;

/** The name of such a thing. */
export type Need = keyof typeof NEEDS;

/**
 * Whether a test can run that needs this. Where it is absent the test is left out, and that is said aloud; in CI it
 * must be there. Use: `describe.skipIf(lacks("strace"))`.
 * @throws {Error} in CI, if it is absent.
 */
export function lacks(need: Need): boolean {
  const { look, get } = NEEDS[need];
  const there = look === undefined ? getuid?.() === 0 : spawnSync(look[0], look.slice(1)).status === 0;
  if (there) return false;
  const text = `${need} is not there. To run these tests too: ${get}`;
  if (process.env["CI"] !== undefined) throw new Error(`In CI every test runs, but ${text}`);
  process.stderr.write(`\n!! NOT TESTED HERE: ${text}\n\n`);
  return true;
}
