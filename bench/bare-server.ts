// The floor of a unary call: grpc-js alone, which answers every request with the same bytes. Its parent stops it.
import { Server, ServerCredentials } from "@grpc/grpc-js";

const [address = "", answerBytes = "0"] = process.argv.slice(2);
const answer = Buffer.alloc(Number(answerBytes), 1);
const pass = (bytes: Buffer): Buffer => bytes;
const server = new Server();
const method = {
  path: "/bare/Pass",
  requestStream: false,
  responseStream: false,
  requestSerialize: pass,
  requestDeserialize: pass,
  responseSerialize: pass,
  responseDeserialize: pass,
};
server.addService(
  { pass: method },
  { pass: (_call: unknown, reply: (error: null, bytes: Buffer) => void) => reply(null, answer) },
);
server.bindAsync(address, ServerCredentials.createInsecure(), () => process.send?.({ address }));
process.on("disconnect", () => process.exit(0));
