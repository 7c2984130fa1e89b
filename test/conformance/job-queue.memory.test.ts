import { jobQueueConformance } from "./job-queue.ts";
import { MEMORY } from "./job-queue-subject.ts";
jobQueueConformance(MEMORY);
