import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lacks } from "../support/needs.ts";
import { scratchDirectory } from "../support/scratch-directory.ts";
import { python, ROOT } from "./support/python.ts";

const STUBS = "examples/python/stubs";
const TEMPLATE = "examples/python/buf.gen.python.yaml";

/** The plugin's text depends on its version; these stubs were made with this one. */
const PROTOC = "libprotoc 3.21.";

/** Compares what the stubs declare with what buf reads in proto/, and looks for each method's path in the gRPC stubs. */
const COMPARE = `
import importlib, inspect, sys
from google.protobuf import descriptor_pb2
image = descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], "rb").read())
sys.path.insert(0, sys.argv[2])
files = [file for file in image.file if file.name.startswith("verbatim/")]
for file in files:
    file.DiscardUnknownFields()
    name = file.name[:-len(".proto")].replace("/", ".")
    stub = descriptor_pb2.FileDescriptorProto.FromString(importlib.import_module(name + "_pb2").DESCRIPTOR.serialized_pb)
    if stub != file: sys.exit(file.name + " declares something else than its stub")
    grpc = inspect.getsource(importlib.import_module(name + "_pb2_grpc"))
    for service in file.service:
        for method in service.method:
            path = "/%s.%s/%s" % (file.package, service.name, method.name)
            if "'%s'" % path not in grpc: sys.exit("no stub calls " + path)
print("%d files" % len(files))
`;

/** The files of the interface, each with two stubs: its messages, and who calls it. */
const PROTO_FILES = readdirSync(join(ROOT, "proto/verbatim"), { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".proto"),
).length;

function buf(...args: readonly string[]): string {
  const { status, stderr, error } = spawnSync(join(ROOT, "node_modules/.bin/buf"), args, {
    cwd: ROOT,
    encoding: "utf8",
  });
  return status === 0 ? "" : `buf ${args.join(" ")}: ${error?.message ?? stderr}`;
}

test.skipIf(lacks("Python's gRPC"))(
  "the Python stubs declare the same messages and methods as proto/ does",
  async () => {
    await using scratch = await scratchDirectory();
    const image = join(scratch.path, "image.binpb");
    expect(buf("build", "--exclude-source-info", "--output", image)).toBe("");
    const { stdout, stderr } = await python("-c", COMPARE, image, join(ROOT, STUBS));
    expect(stderr, `generate them anew: npx buf generate --template ${TEMPLATE} --path proto/verbatim`).toBe("");
    expect(stdout).toBe(`${PROTO_FILES} files\n`);
  },
);

test("the Python stubs are, byte for byte, what buf generates where its plugins are installed, and always in CI", async () => {
  const missing = missingPlugins();
  if (missing !== undefined) {
    // Elsewhere the comparison of declarations above has to do: nobody should need a compiler to run these tests.
    expect(
      process.env["CI"],
      `${missing}: apt-get install -y protobuf-compiler protobuf-compiler-grpc`,
    ).toBeUndefined();
    return;
  }
  await using fresh = await scratchDirectory();
  expect(buf("generate", "--template", TEMPLATE, "--path", "proto/verbatim", "--output", fresh.path)).toBe("");
  const generated = textsIn(join(fresh.path, STUBS));
  expect(generated.size).toBe(2 * PROTO_FILES);
  expect(textsIn(join(ROOT, STUBS))).toEqual(generated);
});

function missingPlugins(): string | undefined {
  const { stdout, error } = spawnSync("protoc", ["--version"], { encoding: "utf8" });
  if (error !== undefined) return "protoc is not there";
  if (!stdout.startsWith(PROTOC)) return `protoc says ${stdout.trim()}, the stubs are made with ${PROTOC}x`;
  const plugin = spawnSync("grpc_python_plugin", ["--version"], { input: "" });
  return plugin.error === undefined ? undefined : "grpc_python_plugin is not there";
}

function textsIn(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".py"));
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(directory.length + 1), readFileSync(path, "utf8")];
    }),
  );
}
