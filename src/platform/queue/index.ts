export { queueJobs } from './migrations/0001-queue-jobs.ts';
