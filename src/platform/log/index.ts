export type { Logger } from 'pino';
export { createLogger, type LoggerOptions, type LogLevel } from './create-logger.ts';
export { createRequestIds, isAcceptableRequestId, type RequestIds } from './request-id.ts';
export { createServiceLog, type LogSettings, type ServiceLog } from './service-log.ts';
export type { LogTally } from './log-tally.ts';
export { logConfig } from './config.ts';
