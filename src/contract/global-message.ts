import { z } from 'zod';

/** Body of `POST /messages`. */
export const globalMessageRequest = z.object({
  message: z.object({
    content: z.string().min(1).max(10_000),
    media_type: z.enum(['text/plain', 'text/markdown']),
    severity: z.enum(['info', 'warning', 'error']),
  }),
});
