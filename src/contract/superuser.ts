import { z } from 'zod';

const email = z.string().max(254);

/** Body of `POST /api/v1/superuser/users/`. */
export const newInstallUserRequest = z.object({ username: z.string().max(255), email: email.optional() });

/** Body of `PUT /api/v1/superuser/users/{username}`; what is missing stays. */
export const installUserRequest = z.object({
  password: z.string().max(1024).optional(),
  email: email.optional(),
  enabled: z.boolean().optional(),
});

/** Body of `PUT /api/v1/superuser/organizations/{name}`. */
export const installOrganizationRequest = z.object({ name: z.string().max(255).optional() });

/** A user as superusers see him. */
export const installUserAnswer = z.object({
  kind: z.literal('user'),
  name: z.string(),
  username: z.string(),
  email: z.string().nullable(),
  verified: z.boolean(),
  avatar: z.object({ name: z.string(), hash: z.string(), color: z.string(), kind: z.string() }),
  super_user: z.boolean(),
  global_readonly_super_user: z.boolean(),
  enabled: z.boolean(),
});

/** Answer of `POST /api/v1/superuser/users/`. The password is shown this once. */
export const createdInstallUserAnswer = z.object({
  username: z.string(),
  email: z.string().nullable(),
  password: z.string(),
  encrypted_password: z.string(),
});
