export { createJobQueue, type JobQueue } from './job-queue.ts';
export { JobRunner, type JobRunnerOptions } from './job-runner.ts';
export { queueJobs } from './migrations/0001-queue-jobs.ts';
export { countJobs, type JobCounts } from './store.ts';
export type { JobHandler, JobRequest } from './model.ts';
