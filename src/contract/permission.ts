import { z } from 'zod';

/** Body of `PUT …/permissions/user/{username}` and `…/team/{teamname}`. */
export const roleRequest = z.object({ role: z.enum(['read', 'write', 'admin']) });
