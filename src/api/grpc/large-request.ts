import type { ServerHttp2Stream } from "node:http2";
import type { CallShares } from "./call-budgets.ts";
import { requestMayCome, SMALL_BEGINNING_BYTES } from "./call-budgets.ts";

/** Told of the time that a request spends in line, which is not its client's. */
export interface InLine {
  readonly waits: () => void;
  readonly goesOn: () => void;
}

/** Reads no more of a request than its beginning before there is room for the largest one. The window of its stream holds its client back. */
export function holdLargeRequest(stream: ServerHttp2Stream | undefined, shares: CallShares, inLine: InLine): void {
  let bytes = 0;
  let asked = false;
  stream?.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (asked || bytes <= SMALL_BEGINNING_BYTES) return;
    asked = true;
    const line = requestMayCome(shares);
    if (line === undefined) return;
    stream.pause();
    inLine.waits();
    void line.then(() => {
      inLine.goesOn();
      stream.resume();
    });
  });
}
