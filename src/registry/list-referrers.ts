import { listReferrers } from '../catalog/index.ts';
import type { ReferrerPage, ReferrerQuery, Repository } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { parseDigest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import { MEDIA_TYPES } from '../kernel/media-types.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerBytes } from './answer.ts';
import { nextLink, parsePage } from './page.ts';
import type { RegistryPorts } from './ports.ts';
import type { RepositoryAddress } from './route.ts';

const PAGE_ENTRIES = 100;
/** Clients refuse manifests, and so referrers lists, of more (distribution-spec "Listing Referrers"). */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Answers the referrers of a digest as an index; a digest that nothing refers to has an empty one. */
export async function answerReferrers(
  ports: Pick<RegistryPorts, 'db'>,
  context: RequestContext,
  address: RepositoryAddress & { readonly digest: Digest },
  repository: Repository,
): Promise<void> {
  const query = new URLSearchParams(context.query);
  const artifactType = parseArtifactType(query);
  const request = parsePage(query);
  const after = request.after === undefined ? undefined : parseDigest(request.after);
  if (request.after !== undefined && after === undefined) {
    throw new AppError('PAGINATION_INVALID', '"last" is not a digest; use the address of the Link header');
  }
  const limit = Math.min(Math.max(request.size ?? PAGE_ENTRIES, 1), PAGE_ENTRIES);
  const { page, body } = await fittingPage(ports, repository.id, address.digest, { artifactType, after, limit });
  const headers: Record<string, string> = { 'Content-Type': MEDIA_TYPES.ociIndex };
  if (artifactType !== undefined) headers['OCI-Filters-Applied'] = 'artifactType';
  if (page.next !== undefined) {
    const parameters = artifactType === undefined ? { last: page.next } : { artifactType, last: page.next };
    headers['Link'] = nextLink(`/v2/${address.requestedName}/referrers/${address.digest}`, parameters);
  }
  answerBytes(context, 200, headers, body);
}

/** Annotations may be as large as a manifest: the page is cut in half until its answer is one that clients take. */
async function fittingPage(
  ports: Pick<RegistryPorts, 'db'>,
  repositoryId: number,
  subject: Digest,
  query: ReferrerQuery,
): Promise<{ page: ReferrerPage; body: string }> {
  const page = await listReferrers(ports.db, repositoryId, subject, query);
  const body = JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: page.referrers });
  if (Buffer.byteLength(body) <= ANSWER_BYTES_MAX || page.referrers.length <= 1) return { page, body };
  return fittingPage(ports, repositoryId, subject, { ...query, limit: Math.ceil(page.referrers.length / 2) });
}

function parseArtifactType(query: URLSearchParams): string | undefined {
  const text = query.get('artifactType');
  if (text === null || text === '') return undefined;
  if (text.length > 1024 || text.includes('\0')) {
    throw new AppError('INVALID_REQUEST', '"artifactType" must be a media type');
  }
  return text;
}
