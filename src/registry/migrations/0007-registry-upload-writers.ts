import type { Migration } from '../../platform/db/index.ts';

export const registryUploadWriters: Migration = {
  name: '0007_registry_upload_writers',
  statements: (t) => [
    `ALTER TABLE upload ADD COLUMN writer ${t.text}`,
    `ALTER TABLE upload ADD COLUMN storage_id ${t.text}`,
  ],
};
