import { jobQueueConformance } from "./job-queue.ts";
import { POSTGRES } from "./job-queue-subject.ts";
jobQueueConformance(POSTGRES);
