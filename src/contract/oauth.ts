import { z } from 'zod';

const address = z.string().max(2048);

const application = {
  name: z.string().min(1).max(255),
  description: z.string().max(4096).optional(),
  avatar_email: z.string().max(254).nullable().optional(),
  // Ours: it cannot keep a secret and proves itself by PKCE instead.
  public_client: z.boolean().optional(),
};

/** Body of `POST /api/v1/organization/{orgname}/applications`. */
export const newApplicationRequest = z.object({
  ...application,
  redirect_uri: address.optional(),
  application_uri: address.optional(),
});

/** Body of `PUT /api/v1/organization/{orgname}/applications/{client_id}`: what is left out becomes empty, as in Quay. */
export const applicationRequest = z.object({ ...application, redirect_uri: address, application_uri: address });

/** Body of `POST /api/v1/organization/{orgname}/applications/{client_id}/tokens`. */
export const newApiTokenRequest = z.object({
  name: z.string().trim().min(1).max(255),
  scope: z.string().max(512),
  /** Seconds; more than the longest lifetime means that. */
  expiration: z.number().min(1).optional(),
});

/** Body of `POST /api/v1/user/apptoken`. */
export const newAppTokenRequest = z.object({ title: z.string().trim().min(1).max(255) });
