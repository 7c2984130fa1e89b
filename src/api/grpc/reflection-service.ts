import type { DescFile, DescService, Message, MessageInitShape } from "@bufbuild/protobuf";
import { create, createRegistry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { status } from "@grpc/grpc-js";
import type { ServerReflectionRequest } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection, ServerReflectionResponseSchema } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  ServerReflection as ServerReflectionAlpha,
  ServerReflectionResponseSchema as AlphaResponseSchema,
} from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { pageMayBeRead } from "./call-budgets.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";

type Asked = ServerReflectionRequest["messageRequest"];
type Answer = NonNullable<Exclude<MessageInitShape<typeof ServerReflectionResponseSchema>, Message>["messageResponse"]>;

/** `grpc.reflection.v1` and `v1alpha` over the descriptors that the services were made from. */
export function reflectionServices(services: readonly DescService[]): readonly MountedService[] {
  const all = [...services, ServerReflection, ServerReflectionAlpha];
  const names = all.map(({ typeName }) => typeName).toSorted();
  const files = new Map<string, DescFile>();
  for (const { file } of all) addWithImports(file, files);
  const registry = createRegistry(...files.values());

  const answerTo = (asked: Asked): Answer => {
    switch (asked.case) {
      case "listServices":
        return { case: "listServicesResponse", value: { service: names.map((name) => ({ name })) } };
      case "fileByFilename":
        return fileAnswer(files.get(asked.value), asked.value);
      case "fileContainingSymbol": {
        const owner = asked.value.slice(0, asked.value.lastIndexOf(".")); // of a method or a field
        return fileAnswer((registry.get(asked.value) ?? registry.get(owner))?.file, asked.value);
      }
      default:
        return errorAnswer(status.UNIMPLEMENTED, "There are no extensions in proto3.");
    }
  };

  return [
    mount(ServerReflection, {
      async *serverReflectionInfo(requests, { shares }) {
        for await (const request of requests) {
          await pageMayBeRead(shares);
          const messageResponse = answerTo(request.messageRequest);
          yield create(ServerReflectionResponseSchema, { originalRequest: request, messageResponse });
        }
      },
    }),
    mount(ServerReflectionAlpha, {
      async *serverReflectionInfo(requests, { shares }) {
        for await (const request of requests) {
          await pageMayBeRead(shares);
          const messageResponse = answerTo(request.messageRequest as Asked); // the same members under an older name
          yield create(AlphaResponseSchema, { originalRequest: request, messageResponse: messageResponse as never }); // likewise
        }
      },
    }),
  ];
}

function addWithImports(file: DescFile, files: Map<string, DescFile>): void {
  if (files.has(file.proto.name)) return;
  files.set(file.proto.name, file);
  for (const imported of file.dependencies) addWithImports(imported, files);
}

/** A file and everything that it imports: a caller can do nothing with less. */
function fileAnswer(file: DescFile | undefined, asked: string): Answer {
  if (file === undefined) return errorAnswer(status.NOT_FOUND, `There is no ${asked} here.`);
  const needed = new Map<string, DescFile>();
  addWithImports(file, needed);
  const fileDescriptorProto = [...needed.values()].map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function errorAnswer(errorCode: number, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}
