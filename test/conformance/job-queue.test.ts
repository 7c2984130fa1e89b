import { describe } from "vitest";
import { closing } from "./job-queue-closing.ts";
import { likeThePlainQueue } from "./job-queue-model.ts";
import { handingOut } from "./job-queue-promises.ts";
import { MEMORY, SQLITE } from "./job-queue-subject.ts";

describe.each([MEMORY, SQLITE])("the queue $name", (adapter) => {
  handingOut(adapter);
  closing(adapter);
  likeThePlainQueue(adapter);
});
