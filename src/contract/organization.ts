import { z } from 'zod';

/** As long as an address may be (RFC 5321 §4.5.3.1). */
const EMAIL_MAX = 254;
const email = z.string().max(EMAIL_MAX);

/** Body of `POST /api/v1/organization/`. */
export const newOrganizationRequest = z.object({
  name: z.string().max(255),
  email: email.nullish(),
  /** The same as `email`, and preferred. */
  contact_email: email.nullish(),
  recaptcha_response: z.string().max(10_000).optional(),
});

/** Body of `PUT /api/v1/organization/{orgname}`; what is missing stays. */
export const organizationChangeRequest = z.object({
  email: email.optional(),
  /** The same as `email`, and preferred; null: none. */
  contact_email: email.nullable().optional(),
  invoice_email: z.boolean().optional(),
  invoice_email_address: email.nullable().optional(),
  tag_expiration_s: z.int().min(0).optional(),
});

/** Body of `PUT /api/v1/organization/{orgname}/team/{teamname}`. */
export const teamRequest = z.object({
  role: z.enum(['member', 'creator', 'admin']).optional(),
  description: z.string().max(4096).optional(),
});

/** Body of `POST /api/v1/organization/{orgname}/prototypes`. */
export const newDefaultPermissionRequest = z.object({
  role: z.enum(['read', 'write', 'admin']),
  /** Only for repositories that he creates; without it for all. */
  activating_user: z.object({ name: z.string().max(511) }).nullish(),
  delegate: z.object({ name: z.string().max(511), kind: z.enum(['user', 'team']) }),
});
