import { createHash } from 'node:crypto';
import { type Answer, locationOf } from '../../support/clients.ts';
import type { Random } from '../../support/random.ts';
import { draftManifest } from './draft-manifest.ts';
import { type KnownRepository, remember, someKey, type World } from './world.ts';

/** A request before it is authorized, mutated and sent. */
export interface Draft {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** `credentials`: what a rule needs to say itself who it is (the token endpoint). */
  readonly authorization?: 'bearer' | 'basic' | 'none';
  readonly repository?: string;
  /** Learns from the answer; only called when nothing was mutated. */
  learn?(answer: Answer): void;
}

export interface Rule {
  readonly route: string;
  readonly method: string;
  /** How often it is tried, against the others. */
  readonly weight: number;
  /** undefined when the world has nothing to do it with. */
  draft(world: World, random: Random): Draft | undefined;
}

const MANIFESTS = 'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*';

export const RULES: readonly Rule[] = [
  ...(['GET', 'HEAD'] as const).flatMap(readRules),
  plain('token', 'GET', 2, (world, random) => ({
    method: 'GET',
    path: `/v2/auth?service=${world.host}${random.pick(['', '&account=x', '&client_id=fuzz', '&offline_token=true'])}${scopes(world, random)}`,
    headers: {},
    authorization: random.chance(0.8) ? 'basic' : 'none',
  })),
  plain('token', 'POST', 2, (world, random) => {
    const fields = {
      grant_type: 'password',
      service: world.host,
      client_id: 'fuzz',
      scope: scopes(world, random).replaceAll('&scope=', ' ').trim(),
      ...world.account,
    };
    const body = Buffer.from(new URLSearchParams(fields).toString());
    return {
      method: 'POST',
      path: '/v2/auth',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
      authorization: 'none',
    };
  }),
  inRepository('uploads', 'POST', 8, openUpload),
  inRepository('upload', 'PATCH', 8, patchUpload),
  inRepository('upload', 'PUT', 8, finishUpload),
  inRepository('upload', 'DELETE', 2, (repository, random) => {
    const path = someKey(repository.uploads, random);
    if (path === undefined) return undefined;
    return { method: 'DELETE', path, headers: {}, learn: () => void repository.uploads.delete(path) };
  }),
  inRepository('manifest', 'PUT', 10, putManifest),
  inRepository('manifest', 'DELETE', 2, (repository, random) => {
    const reference = someKey(random.chance(0.6) ? repository.tags : repository.manifests, random);
    if (reference === undefined) return undefined;
    const learn = () => void (repository.tags.delete(reference) || repository.manifests.delete(reference));
    return { method: 'DELETE', path: `/v2/${repository.name}/manifests/${reference}`, headers: {}, learn };
  }),
  inRepository('blob', 'DELETE', 2, (repository, random) => {
    const digest = someKey(repository.blobs, random);
    if (digest === undefined) return undefined;
    const learn = (answer: Answer) => void (answer.status === 202 && repository.blobs.delete(digest));
    return { method: 'DELETE', path: `/v2/${repository.name}/blobs/${digest}`, headers: {}, learn };
  }),
];

function readRules(method: 'GET' | 'HEAD'): Rule[] {
  const paged = (random: Random) => random.pick(['', '?n=3', '?n=0', '?n=2&last=t3', '?last=zzz', '?n=100000']);
  const docker =
    method === 'HEAD'
      ? []
      : [
          plain('ping', 'GET', 1, () => ({ method, path: '/v1/_ping', headers: {} })),
          plain('search', 'GET', 1, (_, random) => ({
            method,
            path: `/v1/search?q=${random.pick(['fuzz', '', 'zz'])}&n=${random.below(30)}`,
            headers: {},
          })),
        ];
  return [
    ...docker,
    plain('base', method, 1, () => ({ method, path: '/v2/', headers: {} })),
    plain('catalog', method, 1, (_, random) => ({ method, path: `/v2/_catalog${paged(random)}`, headers: {} })),
    inRepository('tags', method, 2, (repository, random) => ({
      method,
      path: `/v2/${repository.name}/tags/list${paged(random)}`,
      headers: {},
    })),
    inRepository('referrers', method, 2, (repository, random) => {
      const digest = someKey(repository.manifests, random) ?? `sha256:${'0'.repeat(64)}`;
      return {
        method,
        path: `/v2/${repository.name}/referrers/${digest}${random.pick(['', '?artifactType=application%2Fx.fuzz'])}`,
        headers: {},
      };
    }),
    inRepository('manifest', method, 4, (repository, random) => {
      const reference = someKey(random.chance(0.5) ? repository.tags : repository.manifests, random);
      if (reference === undefined) return undefined;
      return { method, path: `/v2/${repository.name}/manifests/${reference}`, headers: { accept: MANIFESTS } };
    }),
    inRepository('blob', method, 4, (repository, random) => {
      const digest = someKey(repository.blobs, random);
      if (digest === undefined) return undefined;
      const headers = random.chance(0.4)
        ? { range: random.pick(['bytes=0-0', 'bytes=1-', 'bytes=-5', 'bytes=0-3,5-9']) }
        : {};
      return { method, path: `/v2/${repository.name}/blobs/${digest}`, headers };
    }),
    inRepository('upload', method, 2, (repository, random) => {
      const path = someKey(repository.uploads, random);
      return path === undefined ? undefined : { method, path, headers: {} };
    }),
  ];
}

function openUpload(repository: KnownRepository, random: Random, world: World): Draft {
  const base = `/v2/${repository.name}/blobs/uploads/`;
  const headers = { 'content-type': 'application/octet-stream' };
  if (random.chance(0.3)) {
    const body = random.bytes(random.below(3000));
    const digest = sum(body, random.chance(0.2) ? 'sha512' : 'sha256');
    return {
      method: 'POST',
      path: `${base}?digest=${digest}`,
      headers,
      body,
      learn: (answer) => void (answer.status === 201 && remember(repository.blobs, digest, body)),
    };
  }
  const other = random.pick(world.repositories);
  const mounted = random.chance(0.3) ? someKey(other.blobs, random) : undefined;
  const query =
    mounted === undefined
      ? random.pick(['', '?digest-algorithm=sha512'])
      : `?mount=${mounted}${random.pick([`&from=${other.name}`, ''])}`;
  return {
    method: 'POST',
    path: `${base}${query}`,
    headers: {},
    learn(answer) {
      if (answer.status === 202) remember(repository.uploads, locationOf(answer), Buffer.alloc(0));
      const bytes = mounted === undefined ? undefined : other.blobs.get(mounted);
      if (answer.status === 201 && mounted !== undefined && bytes !== undefined)
        remember(repository.blobs, mounted, bytes);
    },
  };
}

function patchUpload(repository: KnownRepository, random: Random): Draft | undefined {
  const path = someKey(repository.uploads, random);
  const before = path === undefined ? undefined : repository.uploads.get(path);
  if (path === undefined || before === undefined) return undefined;
  const chunk = random.bytes(1 + random.below(random.chance(0.05) ? 300_000 : 4000));
  const range = random.chance(0.6) ? { 'content-range': `${before.length}-${before.length + chunk.length - 1}` } : {};
  return {
    method: 'PATCH',
    path,
    headers: { 'content-type': 'application/octet-stream', ...range },
    body: chunk,
    learn(answer) {
      if (answer.status === 202) repository.uploads.set(path, Buffer.concat([before, chunk]));
      else repository.uploads.delete(path);
    },
  };
}

function finishUpload(repository: KnownRepository, random: Random): Draft | undefined {
  const path = someKey(repository.uploads, random);
  const before = path === undefined ? undefined : repository.uploads.get(path);
  if (path === undefined || before === undefined) return undefined;
  const body = random.chance(0.5) ? random.bytes(random.below(2000)) : Buffer.alloc(0);
  const whole = Buffer.concat([before, body]);
  const digest = sum(whole, random.chance(0.15) ? 'sha512' : 'sha256');
  return {
    method: 'PUT',
    path: `${path}${path.includes('?') ? '&' : '?'}digest=${digest}`,
    headers: { 'content-type': 'application/octet-stream' },
    body,
    learn(answer) {
      repository.uploads.delete(path);
      if (answer.status === 201) remember(repository.blobs, digest, whole);
    },
  };
}

function putManifest(repository: KnownRepository, random: Random): Draft | undefined {
  const drafted = draftManifest(repository, random);
  if (drafted === undefined) return undefined;
  const { manifest, digest, mediaType } = drafted;
  const tag = `t${random.below(40)}`;
  const byDigest = random.chance(0.4);
  const query = byDigest && random.chance(0.3) ? `?tag=${tag}&tag=${tag}-b` : '';
  return {
    method: 'PUT',
    path: `/v2/${repository.name}/manifests/${byDigest ? digest : tag}${query}`,
    headers: { 'content-type': mediaType },
    body: manifest,
    learn(answer) {
      if (answer.status !== 201) return;
      remember(repository.manifests, digest, { bytes: manifest, mediaType });
      if (!byDigest || query !== '') remember(repository.tags, tag, digest);
    },
  };
}

function plain(route: string, method: string, weight: number, draft: Rule['draft']): Rule {
  return { route, method, weight, draft };
}

function inRepository(
  route: string,
  method: string,
  weight: number,
  draft: (repository: KnownRepository, random: Random, world: World) => Draft | undefined,
): Rule {
  return plain(route, method, weight, (world, random) => {
    const repository = random.pick(world.repositories);
    const made = draft(repository, random, world);
    return made === undefined ? undefined : { repository: repository.name, ...made };
  });
}

function scopes(world: World, random: Random): string {
  const some = [
    `repository:${random.pick(world.repositories).name}:pull,push`,
    'registry:catalog:*',
    'nonsense',
    'repository:a:b:c:pull',
    '',
  ];
  return Array.from({ length: random.below(4) }, () => `&scope=${random.pick(some)}`).join('');
}

function sum(bytes: Buffer, algorithm: 'sha256' | 'sha512'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}
