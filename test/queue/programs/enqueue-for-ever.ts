// Enqueues two entries after another in the file that it is given, and says each time that they were accepted.
import { createSqliteQueue } from "#queue";
import { entry } from "../../conformance/job-queue-subject.ts";
import { machineClock } from "../../support/machine-clock.ts";

const queue = createSqliteQueue({ file: process.argv[2] ?? "", clock: machineClock });
for (let count = 0; ; count++) {
  await queue.enqueue([entry(`${count}-0`), entry(`${count}-1`)]);
  process.stdout.write(`${count}\n`);
}
