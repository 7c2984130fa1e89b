import { jobQueueConformance } from "./job-queue.ts";
import { REDIS } from "./job-queue-subject.ts";
jobQueueConformance(REDIS);
