import { randomUUID } from 'node:crypto';
import { ensureRepository } from '../catalog/index.ts';
import { digestAlgorithm, DIGEST_ALGORITHMS, isDigestAlgorithm, parseDigest } from '../kernel/digest.ts';
import type { Digest, DigestAlgorithm } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';
import { answerEmpty } from './answer.ts';
import type { Caller } from './authenticate-request.ts';
import { answerBlobCreated, discardUpload, finishUpload } from './finish-upload.ts';
import { mountBlob } from './mount-blob.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import { receiveChunk } from './receive-chunk.ts';
import type { RepositoryAddress } from './route.ts';
import { insertUpload } from './store.ts';
import type { Upload } from './store.ts';
import type { UploadLocks } from './upload-locks.ts';
import { checkChunk, uploadHeaders } from './upload-request.ts';

/**
 * POST of an upload (distribution-spec "Pushing blobs"): with `mount` the blob of another repository if that is possible, with
 * `digest` the whole blob in this request, otherwise an upload to be continued. The repository is created when it is the
 * first push.
 */
export async function startUpload(
  ports: Pick<RegistryPorts, 'db' | 'meters' | 'policy' | 'storage' | 'clock'>,
  settings: RegistrySettings,
  locks: UploadLocks,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress,
): Promise<void> {
  const query = new URLSearchParams(context.query);
  const mount = optionalDigest(query.get('mount'));
  const { clientAddress } = context;
  if (mount !== undefined) {
    const wanted = { digest: mount, from: query.get('from'), clientAddress };
    if (await mountBlob(ports, settings, caller, address, wanted)) return answerBlobCreated(context, address, mount);
  }
  const digest = optionalDigest(query.get('digest'));
  const algorithm = chooseAlgorithm(query.get('digest-algorithm'), digest);
  const id = randomUUID();
  const fresh = { id, storageId: id, writer: undefined, sizeBytes: 0, algorithm };
  if (digest === undefined) {
    await createUpload(ports, settings, context, caller, address, fresh);
    answerEmpty(context, 202, uploadHeaders(address, fresh));
    return;
  }
  const expected = checkChunk(context.req.headers, address, fresh, settings.maximumLayerSizeBytes);
  const push = { caller, address, clientAddress };
  await locks.hold(fresh.id, async () => {
    // The repository may yet have to be created, and only a push that succeeds creates one.
    const upload = { ...fresh, repositoryId: undefined };
    await ports.db.transaction((tx) => insertUpload(tx, upload, settings.uploadLifetimeMs));
    try {
      const sizeBytes = await receiveChunk(ports, settings, context, upload, expected, { durable: false });
      await finishUpload(ports, settings, push, { ...upload, sizeBytes }, digest);
    } catch (error) {
      // Nobody knows the id of this upload, so nobody could go on with it.
      await discardUpload(ports, upload.id);
      throw error;
    }
  });
  answerBlobCreated(context, address, digest);
}

async function createUpload(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  settings: RegistrySettings,
  context: RequestContext,
  caller: Caller,
  address: RepositoryAddress,
  upload: Pick<Upload, 'id' | 'algorithm'>,
): Promise<void> {
  const { clientAddress } = context;
  await ports.db.transaction(async (tx) => {
    const { id } = await ensureRepository(tx, ports.policy, caller.actor, address.name, clientAddress);
    await insertUpload(tx, { ...upload, repositoryId: id }, settings.uploadLifetimeMs);
  });
}

/** Errors: DIGEST_INVALID. */
export function optionalDigest(text: string | null): Digest | undefined {
  if (text === null || text === '') return undefined;
  const digest = parseDigest(text);
  if (digest !== undefined) return digest;
  throw new AppError('DIGEST_INVALID', `"${text.slice(0, 140)}" is not a sha256 or sha512 digest`);
}

function chooseAlgorithm(announced: string | null, digest: Digest | undefined): DigestAlgorithm {
  if (digest !== undefined) return digestAlgorithm(digest);
  if (announced === null || announced === '') return 'sha256';
  if (isDigestAlgorithm(announced)) return announced;
  const known = DIGEST_ALGORITHMS.join(' or ');
  throw new AppError(
    'DIGEST_INVALID',
    `"${announced.slice(0, 140)}" is not a digest algorithm that is known here; use ${known}`,
  );
}
