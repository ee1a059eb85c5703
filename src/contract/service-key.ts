import { z } from 'zod';

const METADATA_MAX = 4096;
/** The end of the year 9999, in seconds. */
const LAST_SECOND = 253_402_300_799;

const name = z
  .string()
  .max(255)
  .regex(/^[\s\w:/-]*$/, 'may have letters, digits, white space, "_", "-", ":" and "/" only');
const metadata = z
  .record(z.string().max(255), z.unknown())
  .refine((value) => JSON.stringify(value).length <= METADATA_MAX, `may have ${METADATA_MAX} characters as JSON`);
const expiration = z.number().positive().max(LAST_SECOND).nullable().meta({
  description: 'Seconds since 1970-01-01T00:00:00Z; null: never',
});
const notes = z.string().max(4096);

/** Body of `POST /superuser/keys`. */
export const newServiceKeyRequest = z.object({
  service: z.string().min(1).max(255),
  name: name.optional(),
  metadata: metadata.optional(),
  notes: notes.optional(),
  expiration,
});

/** Body of `PUT /superuser/keys/{kid}`. */
export const serviceKeyChangeRequest = z.object({
  name: name.optional(),
  metadata: metadata.optional(),
  expiration: expiration.optional(),
});

/** Body of `POST /superuser/approvedkeys/{kid}`, which may be missing. */
export const approvalRequest = z.object({ notes: notes.optional() }).optional();
