import { z } from 'zod';

/** Body of `PUT …/robots/{robot_shortname}`; Quay lets it be missing. */
export const newRobotRequest = z.object({
  description: z.string().max(255).optional(),
  unstructured_metadata: z.record(z.string(), z.unknown()).optional(),
});
