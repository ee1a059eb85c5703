import { z } from 'zod';

/** Characters; it is Markdown, and shown with every list that has the repository. */
const DESCRIPTION_MAX = 25_000;

const description = z.string().max(DESCRIPTION_MAX).describe('Markdown');
const visibility = z.enum(['public', 'private']);

/** Body of `POST /api/v1/repository`. */
export const newRepositoryRequest = z.object({
  repository: z.string().max(255).describe('Name within the namespace'),
  visibility,
  namespace: z.string().max(255).optional().describe('User or organization; absent: whoever calls'),
  description,
  repo_kind: z.enum(['image']).nullish(),
});

/** Body of `PUT /api/v1/repository/{repository}`. */
export const repositoryUpdate = z.object({ description });

/** Body of `POST /api/v1/repository/{repository}/changevisibility`. */
export const visibilityChange = z.object({ visibility });

const repositoryState = z.enum(['NORMAL', 'READ_ONLY', 'MIRROR']);

/** Answer of `POST /api/v1/repository`. */
export const createdRepository = z.object({ namespace: z.string(), name: z.string(), kind: z.literal('image') });

/** One entry of `GET /api/v1/repository`. */
export const listedRepository = z.object({
  namespace: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  is_public: z.boolean(),
  kind: z.literal('image'),
  state: repositoryState,
  /** Seconds since 1970; null: no tag. */
  last_modified: z.number().nullable().optional(),
  popularity: z.number().optional(),
  is_starred: z.boolean().optional(),
});

/** Answer of `GET /api/v1/repository`. */
export const repositoryList = z.object({ repositories: z.array(listedRepository), next_page: z.string().optional() });

/** A tag in {@link shownRepository}. */
const shownTag = z.object({
  name: z.string(),
  size: z.number().nullable(),
  last_modified: z.string(),
  expiration: z.string().optional(),
  manifest_digest: z.string(),
});

/** Answer of `GET /api/v1/repository/{repository}`. */
export const shownRepository = z.object({
  namespace: z.string(),
  name: z.string(),
  kind: z.literal('image'),
  description: z.string().nullable(),
  is_public: z.boolean(),
  is_organization: z.boolean(),
  is_starred: z.boolean(),
  status_token: z.string(),
  trust_enabled: z.boolean(),
  tag_expiration_s: z.number(),
  is_free_account: z.boolean(),
  state: repositoryState,
  can_write: z.boolean(),
  can_admin: z.boolean(),
  tags: z.record(z.string(), shownTag).optional(),
  stats: z.array(z.object({ date: z.string(), count: z.number() })).optional(),
});
