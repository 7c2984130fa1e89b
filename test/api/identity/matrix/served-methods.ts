import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const GENERATED = join(import.meta.dirname, "../../../../src/api/gen");

/** A method as its generated descriptor has it. */
export interface ServedMethod {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly desc: DescMethod;
}

/** Every method of every service that code was generated for: a new one is here without anybody thinking of it. */
export async function servedMethods(): Promise<readonly ServedMethod[]> {
  const files = globSync("**/*_pb.ts", { cwd: GENERATED }).toSorted();
  const modules = await Promise.all(
    files.map(async (file) => (await import(pathToFileURL(join(GENERATED, file)).href)) as Record<string, unknown>),
  );
  const services = modules.flatMap((module) => Object.values(module)).filter(isService);
  return services.flatMap((service) =>
    service.methods.map((desc) => ({ name: `${service.typeName}/${desc.name}`, desc })),
  );
}

function isService(value: unknown): value is DescService {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "service";
}
