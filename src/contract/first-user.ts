import { z } from 'zod';

/** Body of `POST /api/v1/user/initialize` (Quay's shape). */
export const firstUserRequest = z.object({
  username: z.string(),
  password: z.string(),
  email: z.string().optional(),
  access_token: z.boolean().optional(),
});

/** Answer of `POST /api/v1/user/initialize`. The access token is shown this once. */
export const firstUserAnswer = z.object({
  username: z.string(),
  email: z.string().nullable(),
  encrypted_password: z.string(),
  access_token: z.string().optional(),
});
