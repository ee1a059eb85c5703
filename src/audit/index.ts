export { auditConfig } from './config.ts';
export { auditLog } from './migrations/0003-audit-log.ts';
export type { AuditActor, AuditEntry, AuditKind } from './model.ts';
export { createPullRecorder } from './pull-recorder.ts';
export type { PullRecorder, PullRecorderPorts } from './pull-recorder.ts';
export { recordAudit, recordAudits } from './record-audit.ts';
export type { AuditTables } from './tables.ts';
