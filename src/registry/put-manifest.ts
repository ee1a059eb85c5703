import { createHash } from 'node:crypto';
import { recordAudit } from '../audit/index.ts';
import { ensureRepository, putManifest } from '../catalog/index.ts';
import type { ManifestRecord } from '../catalog/index.ts';
import { digestAlgorithm, digestOf } from '../kernel/digest.ts';
import type { DigestAlgorithm, Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import { parseTag } from '../kernel/reference.ts';
import type { Tag } from '../kernel/reference.ts';
import { auditActor } from '../identity/index.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import { parseManifest } from './parse-manifest.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import { readManifestBody } from './read-manifest-body.ts';
import type { ManifestReference, RepositoryAddress } from './route.ts';

/** The specification asks for at least ten; one transaction moves them all. */
const TAGS_MAX = 100;

/**
 * PUT of a manifest by tag, or by digest with any number of `tag` parameters (distribution-spec "Pushing Manifests"). The
 * repository is created when it is the first push.
 * Errors: MANIFEST_INVALID, MANIFEST_TYPE_UNSUPPORTED, MANIFEST_TOO_LARGE, MANIFEST_BLOB_UNKNOWN, DIGEST_INVALID, TAG_INVALID,
 * TOO_MANY_TAGS.
 */
export async function pushManifest(
  ports: Pick<RegistryPorts, 'db' | 'meters' | 'policy'>,
  settings: Pick<RegistrySettings, 'pushLeaseMs'>,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress & ManifestReference,
): Promise<void> {
  const tags = address.tag === undefined ? parseTags(context.query) : [address.tag];
  const bytes = await readManifestBody(context);
  const record = toRecord(bytes, context.req.headers['content-type'], address.digest);
  const { clientAddress } = context;
  await ports.db.transaction(async (tx) => {
    const repository = await ensureRepository(tx, ports.policy, caller.actor, address.name, clientAddress);
    const keepForMs = address.digest === undefined ? 0 : settings.pushLeaseMs;
    await putManifest(tx, { repositoryId: repository.id, record, tags, keepForMs });
    await recordAudit(tx, {
      kind: 'push_repo',
      actor: auditActor(caller.actor),
      namespaceId: repository.namespaceId,
      repositoryId: repository.id,
      clientAddress,
      metadata: { repo: address.name, tag: tags[0], manifest_digest: record.digest },
    });
  });
  ports.meters.pushed(201, record.mediaType);
  ports.meters.received(bytes.length);
  const digest = address.digest ?? record.digest;
  answerEmpty(context, 201, {
    Location: `/v2/${address.requestedName}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(record.subject === undefined ? {} : { 'OCI-Subject': record.subject }),
    ...(address.tag === undefined && tags.length > 0 ? { 'OCI-Tag': tags } : {}),
  });
}

function parseTags(query: string): readonly Tag[] {
  const texts = new Set(new URLSearchParams(query).getAll('tag'));
  if (texts.size > TAGS_MAX) {
    throw new AppError(
      'TOO_MANY_TAGS',
      `One push may set ${TAGS_MAX} tags, not ${texts.size}; push the others separately`,
    );
  }
  return [...texts].map((text) => {
    const tag = parseTag(text);
    if (tag === undefined) throw new AppError('TAG_INVALID', `"${text.slice(0, 140)}" is not a tag`);
    return tag;
  });
}

function toRecord(bytes: Buffer, contentType: string | undefined, expected: Digest | undefined): ManifestRecord {
  const digest = sum('sha256', bytes);
  const digestSha512 =
    expected !== undefined && digestAlgorithm(expected) === 'sha512' ? sum('sha512', bytes) : undefined;
  const actual = digestSha512 ?? digest;
  if (expected !== undefined && actual !== expected) {
    throw new AppError('DIGEST_INVALID', `The manifest was pushed as ${expected} but its digest is ${actual}`);
  }
  return { ...parseManifest(bytes, contentType), digest, digestSha512, bytes };
}

function sum(algorithm: DigestAlgorithm, bytes: Buffer): Digest {
  return digestOf(algorithm, createHash(algorithm).update(bytes).digest('hex'));
}
