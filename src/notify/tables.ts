import type { Generated } from 'kysely';

export interface NotifyTables {
  global_message: {
    id: Generated<number>;
    uuid: string;
    content: string;
    media_type: 'text/plain' | 'text/markdown';
    severity: 'info' | 'warning' | 'error';
    created_at: number;
  };
}
