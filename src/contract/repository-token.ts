import { z } from 'zod';

/** Body of `POST /repository/{repository}/tokens/`, which Quay has given up. */
export const repositoryTokenRequest = z.object({ friendlyName: z.string().max(255) });
