// The thread in which lines are matched: a pattern takes time in proportion to a line, and a long line is long.
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { scanLines } from "./scan-lines.ts";
import type { ReadAt, ScanTask } from "./scan-lines.ts";

const { source, search } = workerData as ScanTask; // what line-scanner.ts gave

const read: ReadAt =
  typeof source === "number"
    ? (buffer, position) => readSync(source, buffer, 0, buffer.length, position)
    : (buffer, position) => {
        const piece = source.subarray(position, position + buffer.length);
        buffer.set(piece);
        return piece.length;
      };

parentPort?.postMessage(scanLines(read, search));
