import { z } from 'zod';

/** A time like `2026-12-31T00:00:00Z` (RFC 3339). */
const time = z.iso.datetime({ offset: true });

/** Body of `PUT …/robots/{robot_shortname}`; Quay lets it be missing. `expires_at` is ours. */
export const newRobotRequest = z.object({
  description: z.string().max(255).optional(),
  unstructured_metadata: z.record(z.string(), z.unknown()).optional(),
  expires_at: time.nullish(),
});

/** Body of `POST …/robots/{robot_shortname}/tokens`. */
export const newRobotTokenRequest = z.object({
  name: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^\P{C}+$/u, 'write letters, digits, signs and spaces only'),
  expires_at: time.nullish(),
});

/** Body of `PUT …/robots/{robot_shortname}/expiry`; null: never. */
export const robotExpiryRequest = z.object({ expires_at: time.nullable() });

const pattern = z.string().min(1).max(512);
const CLAIMS_MAX = 10;

/** Whose tokens a robot may be had for. Quay's has issuer and subject. Unknown fields are faults: a condition must not get lost. */
const federatedIdentity = z
  .strictObject({
    issuer: z.string().min(1).max(1024),
    subject: z.string().min(1).max(1024).optional(),
    audience: z.string().min(1).max(1024).optional().describe('The same as "audiences" with one'),
    audiences: z.array(z.string().min(1).max(1024)).min(1).max(10).optional(),
    last_used_at: z.unknown().optional().describe('Ignored, so that what is shown can be sent back'),
    claims: z
      .record(z.string().min(1).max(255), z.union([pattern, z.array(pattern).min(1).max(10)]))
      .refine((claims) => Object.keys(claims).length <= CLAIMS_MAX, `write at most ${CLAIMS_MAX} claims`)
      .optional(),
  })
  .transform(({ issuer, subject, audience, audiences, claims = {} }) => {
    const conditions = Object.entries(claims).map(
      ([name, one]) => [name, typeof one === 'string' ? [one] : one] as const,
    );
    return {
      issuer,
      ...(subject === undefined ? {} : { subject }),
      ...(audience === undefined && audiences === undefined
        ? {}
        : { audiences: [...new Set([...(audience === undefined ? [] : [audience]), ...(audiences ?? [])])] }),
      ...(conditions.length === 0 ? {} : { claims: Object.fromEntries(conditions) }),
    };
  })
  .refine(
    ({ subject, claims = {} }) =>
      subject !== undefined || Object.values(claims).some((patterns) => patterns.every((one) => !one.includes('*'))),
    'name the subject, or a claim without "*": others have tokens of this issuer too',
  );

/** Body of `POST …/robots/{robot_shortname}/federation`. */
export const robotFederationRequest = z.array(federatedIdentity).max(50);

/** Body of `POST …/robots/{robot_shortname}/federation/test`. */
export const federationTestRequest = z.object({ token: z.string().trim().min(1).max(16_384) });
