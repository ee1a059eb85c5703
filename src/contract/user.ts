import { z } from 'zod';

const PASSWORD = z.string().max(1024);
const NAME = z.string().max(255);
const ADDRESS = z.string().max(254);
/** Proof of a reCAPTCHA. */
const PROOF = z.string().max(10_000);
const PERSONAL = z.string().max(255).nullable().optional();

/** Body of `POST /api/v1/user/`. */
export const newUserRequest = z.object({
  username: NAME,
  password: PASSWORD,
  email: ADDRESS.optional(),
  invite_code: z.string().max(1024).optional(),
  recaptcha_response: PROOF.optional(),
});

/** Body of `PUT /api/v1/user/`: what is not there stays. */
export const userChangeRequest = z.object({
  username: NAME.optional(),
  password: PASSWORD.optional(),
  email: ADDRESS.optional(),
  invoice_email: z.boolean().optional(),
  invoice_email_address: ADDRESS.nullable().optional(),
  /** One of TAG_EXPIRATION_OPTIONS, in seconds. */
  tag_expiration_s: z.int().min(0).optional(),
  given_name: PERSONAL,
  family_name: PERSONAL,
  company: PERSONAL,
  location: PERSONAL,
});

/** Body of `POST /api/v1/user/clientkey`. */
export const clientKeyRequest = z.object({ password: PASSWORD });

/** Body of `POST /api/v1/user/convert`; Quay's `plan` means nothing here. */
export const convertUserRequest = z.object({ adminUser: NAME, adminPassword: PASSWORD, plan: NAME.optional() });

/** Body of `POST /api/v1/recovery`. */
export const recoveryRequest = z.object({ email: ADDRESS, recaptcha_response: PROOF.optional() });

const avatarAnswer = z.object({ name: z.string(), hash: z.string(), color: z.string(), kind: z.string() });

/** What everybody may know of a user, and more for himself. */
export const userAnswer = z.object({
  anonymous: z.literal(false),
  username: z.string(),
  avatar: avatarAnswer,
  can_create_repo: z.boolean().optional(),
  is_me: z.boolean().optional(),
  verified: z.boolean().optional(),
  email: z.string().nullable().optional(),
  logins: z.array(z.unknown()).optional(),
  invoice_email: z.boolean().optional(),
  invoice_email_address: z.string().nullable().optional(),
  preferred_namespace: z.boolean().optional(),
  tag_expiration_s: z.number().optional(),
  prompts: z.array(z.string()).optional(),
  company: z.string().nullable().optional(),
  family_name: z.string().nullable().optional(),
  given_name: z.string().nullable().optional(),
  location: z.string().nullable().optional(),
  is_free_account: z.boolean().optional(),
  has_password_set: z.boolean().optional(),
  organizations: z
    .array(
      z.object({
        name: z.string(),
        avatar: avatarAnswer,
        can_create_repo: z.boolean(),
        public: z.boolean(),
        is_org_admin: z.boolean().optional(),
        preferred_namespace: z.boolean().optional(),
      }),
    )
    .optional(),
  super_user: z.boolean().optional(),
  global_readonly_super_user: z.boolean().optional(),
});
