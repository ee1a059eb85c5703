import { z } from 'zod';

/** Body of `POST /api/v1/signin`. */
export const signInRequest = z.object({
  username: z.string().max(255),
  password: z.string().max(1024),
  /** Of an invitation to a team, which is accepted with signing in. */
  invite_code: z.string().max(1024).optional(),
});

/** Body of `POST /api/v1/signin/verify`. */
export const verifyRequest = z.object({ password: z.string().max(1024) });
