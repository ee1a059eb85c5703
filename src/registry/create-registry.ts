import { AppError } from '../kernel/errors.ts';
import type { RequestContext, RequestHandler } from '../platform/http/index.ts';
import type { JobHandler } from '../platform/queue/index.ts';
import { answerJson } from './answer.ts';
import {
  authenticateRequest,
  authorizeRequest,
  mayListByToken,
  repositoryUnknown,
  requireLiveAccount,
} from './authenticate-request.ts';
import type { Caller } from './authenticate-request.ts';
import { challenge, type Challenge } from './challenge.ts';
import { deleteManifestOrTag, deleteRepositoryBlob } from './delete-content.ts';
import { getBlob } from './get-blob.ts';
import { getManifest } from './get-manifest.ts';
import { createUploadJobs } from './jobs.ts';
import { answerReferrers } from './list-referrers.ts';
import { answerRepositories } from './list-repositories.ts';
import { answerTags } from './list-tags.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import { pushManifest } from './put-manifest.ts';
import { parseRoute } from './route.ts';
import type { RepositoryRoute, Route } from './route.ts';
import { answerPing, answerSearch } from './search-repositories.ts';
import { handleUpload } from './handle-upload.ts';
import { createBlobSender } from './send-blob.ts';
import { startUpload } from './start-upload.ts';
import { createUploadLocks } from './upload-locks.ts';
import { uploadUnknown } from './upload-request.ts';

export interface Registry {
  /** Everything below `/v2`. */
  readonly v2Handler: RequestHandler;
  /** `/v1/_ping` and `/v1/search`, for `docker search`. */
  readonly v1Handler: RequestHandler;
  /** Clean-up of uploads, for the job runner. */
  readonly jobs: readonly JobHandler[];
}

/** What the metrics call the routes. */
const ROUTE_NAMES: Readonly<Record<Route['kind'], string>> = {
  base: '/v2/',
  token: '/v2/auth',
  catalog: '/v2/_catalog',
  manifest: '/v2/{name}/manifests/{reference}',
  blob: '/v2/{name}/blobs/{digest}',
  uploads: '/v2/{name}/blobs/uploads/',
  upload: '/v2/{name}/blobs/uploads/{upload}',
  tags: '/v2/{name}/tags/list',
  referrers: '/v2/{name}/referrers/{digest}',
  refused: '/v2',
};

/** The registry protocol (OCI distribution-spec) over the given ports. Starts nothing. */
export function createRegistry(ports: RegistryPorts, settings: RegistrySettings): Registry {
  const locks = createUploadLocks();
  const blobPorts = { ...ports, sendBlob: createBlobSender({ clock: ports.clock }) };

  async function v2Handler(context: RequestContext): Promise<void> {
    const { method } = context;
    const route = parseRoute(method, context.path, settings.libraryNamespace);
    context.route = ROUTE_NAMES[route.kind];
    if (route.kind === 'refused') {
      throw new AppError(
        route.code,
        route.message,
        route.allow === undefined ? {} : { headers: { Allow: route.allow } },
      );
    }
    if (route.kind === 'token') return ports.tokenEndpoint(context);
    if (settings.readOnly && method !== 'GET' && method !== 'HEAD') {
      throw new AppError('READ_ONLY', 'The registry is in read-only mode: images can be pulled but not changed');
    }
    const refuse: Challenge = (reason) => challenge(settings, context, route, reason);
    const caller = await authenticateRequest(ports, context, refuse);
    if (route.kind === 'base' || route.kind === 'catalog') {
      if (!caller.presented) throw refuse();
      await requireLiveAccount(ports, caller, refuse);
      if (route.kind === 'base') return answerJson(context, {});
      if (!mayListByToken(caller)) throw refuse('insufficient_scope');
      return answerRepositories(ports, settings, context, caller);
    }
    if (route.kind === 'uploads') {
      await authorizeRequest(ports, caller, route, 'push', refuse);
      return startUpload(ports, settings, locks, context, caller, route);
    }
    if (route.kind === 'manifest' && method === 'PUT') {
      await authorizeRequest(ports, caller, route, 'push', refuse);
      return pushManifest(ports, settings, context, caller, route).catch((error: unknown) => {
        const status = error instanceof AppError ? error.status : 500;
        ports.meters.pushed(status, context.req.headers['content-type']);
        throw error;
      });
    }
    return onRepository(context, caller, route, refuse);
  }

  /** What needs a repository that is there. */
  async function onRepository(
    context: RequestContext,
    caller: Caller,
    route: Exclude<RepositoryRoute, { kind: 'uploads' }>,
    refuse: Challenge,
  ): Promise<void> {
    const action = route.kind === 'upload' ? 'push' : context.method === 'DELETE' ? 'delete' : 'pull';
    const access = await authorizeRequest(ports, caller, route, action, refuse);
    const { repository } = access;
    if (repository === undefined) {
      throw route.kind === 'upload' ? uploadUnknown(route.uploadId) : repositoryUnknown(route.requestedName);
    }
    switch (route.kind) {
      case 'manifest':
        if (action === 'delete') return deleteManifestOrTag(ports, context, caller, route, repository);
        return getManifest(ports, context, caller, route, repository);
      case 'blob':
        if (action === 'delete') return deleteRepositoryBlob(ports, context, route.digest, repository);
        return getBlob(blobPorts, settings, context, caller, route, access, repository);
      case 'upload':
        return handleUpload(ports, settings, locks, context, caller, route, repository);
      case 'tags':
        return answerTags(ports, settings, context, route, repository);
      case 'referrers':
        return answerReferrers(ports, context, route, repository);
    }
  }

  async function v1Handler(context: RequestContext): Promise<void> {
    const { method, path } = context;
    if (path !== '/v1/_ping' && path !== '/v1/search') {
      throw new AppError('NOT_FOUND', 'The v1 protocol is not served; use a client that speaks v2');
    }
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AppError('UNSUPPORTED', `"${method}" is not possible here; use GET`, {
        headers: { Allow: 'GET, HEAD' },
      });
    }
    if (path === '/v1/_ping') return answerPing(context);
    const refuse: Challenge = (reason) => challenge(settings, context, undefined, reason);
    const caller = await authenticateRequest(ports, context, refuse);
    await requireLiveAccount(ports, caller, refuse);
    return answerSearch(ports, context, caller);
  }

  return { v2Handler, v1Handler, jobs: createUploadJobs(ports, locks) };
}
