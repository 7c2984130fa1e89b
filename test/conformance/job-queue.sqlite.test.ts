import { jobQueueConformance } from "./job-queue.ts";
import { SQLITE } from "./job-queue-subject.ts";
jobQueueConformance(SQLITE);
