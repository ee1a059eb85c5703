export { auditLog } from './migrations/0003-audit-log.ts';
