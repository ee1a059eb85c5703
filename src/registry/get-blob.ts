import { randomBytes } from 'node:crypto';
import { decide, repositoryHoldsBlob } from '../catalog/index.ts';
import type { HeldBlob, Repository, RepositoryAccess } from '../catalog/index.ts';
import { parseByteRanges } from '../kernel/byte-range.ts';
import type { ByteRange } from '../kernel/byte-range.ts';
import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { renewLease } from '../storage/index.ts';
import type { BlobReader } from '../storage/index.ts';
import { answerEmpty, headerList } from './answer.ts';
import { coveredByToken } from './authenticate-request.ts';
import type { Caller } from './authenticate-request.ts';
import { matchesEntityTag } from './entity-tag.ts';
import { multipartReader } from './multipart-ranges.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';
import type { SendBlob } from './send-blob.ts';

type Ports = Pick<RegistryPorts, 'db' | 'meters' | 'storage'> & { readonly sendBlob: SendBlob };
type BlobAddress = RepositoryAddress & { readonly digest: Digest };

/**
 * GET and HEAD of a blob, whole or in ranges (distribution-spec "Pulling blobs"; RFC 9110 §14). Errors: BLOB_UNKNOWN,
 * RANGE_NOT_SATISFIABLE, STORAGE_FAILED.
 */
export async function getBlob(
  ports: Ports,
  settings: Pick<RegistrySettings, 'pushLeaseMs' | 'readOnly'>,
  context: RequestContext,
  caller: Caller,
  address: BlobAddress,
  access: RepositoryAccess,
  repository: Repository,
): Promise<void> {
  const blob = await repositoryHoldsBlob(ports.db, repository.id, address.digest);
  if (blob === undefined) throw blobUnknown(address);
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': address.digest,
    ETag: `"${address.digest}"`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, max-age=31536000, immutable',
  };
  const isHead = context.method === 'HEAD';
  if (isHead && !settings.readOnly && mayPush(caller, address, access)) {
    const lease = { repositoryId: repository.id, blobId: blob.blobId, forMs: settings.pushLeaseMs };
    if (!(await renewLease(ports.db, lease).catch(withoutLease))) throw blobUnknown(address);
  }
  if (matchesEntityTag(context.req.headers['if-none-match'], address.digest)) return answerEmpty(context, 304, headers);
  if (isHead) return answerEmpty(context, 200, { ...headers, 'Content-Length': blob.sizeBytes });
  return sendContent(ports, context, address, blob, headers);
}

/**
 * While the database accepts no changes, nobody can push, and no blob goes either. A manifest that is pushed afterwards is
 * checked against what is there then.
 */
function withoutLease(error: unknown): true {
  if (error instanceof AppError && error.code === 'DATABASE_READ_ONLY') return true;
  throw error;
}

async function sendContent(
  ports: Ports,
  context: RequestContext,
  address: BlobAddress,
  blob: HeldBlob,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { sizeBytes } = blob;
  const request = parseByteRanges(applicableRange(context, address.digest), sizeBytes);
  if (request.kind === 'unsatisfiable') {
    throw new AppError('RANGE_NOT_SATISFIABLE', `The range lies outside the ${sizeBytes} bytes of the blob`, {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    });
  }
  const reader = await ports.storage.blobs.open(blob.sha256);
  if (reader === undefined) throw bytesMissing(address.digest);
  if (request.kind === 'whole') return send(ports, context, 200, headers, reader, { first: 0, last: sizeBytes - 1 });
  const [range, ...more] = request.ranges;
  if (more.length === 0) {
    const contentRange = `bytes ${range.first}-${range.last}/${sizeBytes}`;
    return send(ports, context, 206, { ...headers, 'Content-Range': contentRange }, reader, range);
  }
  const boundary = randomBytes(16).toString('hex');
  const parts = multipartReader(reader, request.ranges, { boundary, contentType: headers['Content-Type'] ?? '' });
  const type = { 'Content-Type': `multipart/byteranges; boundary=${boundary}` };
  return send(ports, context, 206, { ...headers, ...type }, parts, { first: 0, last: parts.sizeBytes - 1 });
}

async function send(
  ports: Ports,
  context: RequestContext,
  status: number,
  headers: Readonly<Record<string, string>>,
  reader: BlobReader,
  range: ByteRange,
): Promise<void> {
  const list = headerList(headers);
  const length = range.last - range.first + 1;
  list.push('Content-Length', String(length));
  context.res.writeHead(status, list);
  await ports.sendBlob(context.res, reader, range.first, range.last + 1);
  ports.meters.sent(length);
}

/** `If-Range` makes the range depend on the content still being the same (RFC 9110 §13.1.5: strong comparison only). */
function applicableRange(context: RequestContext, digest: Digest): string | undefined {
  const condition = context.req.headers['if-range'];
  return condition === undefined || condition === `"${digest}"` ? context.req.headers.range : undefined;
}

/** Clients skip the upload of a blob whose HEAD was answered with 200: for whoever may push, it must stay a while. */
function mayPush(caller: Caller, address: BlobAddress, access: RepositoryAccess): boolean {
  return decide(access, 'push') === 'allowed' && coveredByToken(caller, address.name, 'push');
}

function blobUnknown(address: BlobAddress): AppError {
  return new AppError('BLOB_UNKNOWN', `There is no blob "${address.digest}" in "${address.requestedName}"`);
}

function bytesMissing(digest: Digest): AppError {
  return new AppError('STORAGE_FAILED', `The bytes of blob "${digest}" are missing from the storage; push it again`);
}
