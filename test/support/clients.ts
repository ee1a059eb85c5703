import { createHash, randomBytes } from 'node:crypto';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Socket } from 'node:net';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';
const ACCEPT = [
  MANIFEST_TYPE,
  INDEX_TYPE,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const TIMEOUT_MS = 60_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The client's end of the connection. */
  readonly clientPort: number;
}

export interface Call {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array;
  /** Authorization header; default: what the server asked for. `null` sends none. */
  readonly authorization?: string | null;
}

export interface TestImage {
  readonly manifest: Buffer;
  readonly digest: string;
  readonly blobs: readonly Buffer[];
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** How a client reaches a server. */
export interface NetworkPath {
  /** What to trust in place of the usual authorities, in PEM. */
  readonly authority?: string | undefined;
  /** The address to come from. */
  readonly localAddress?: string;
}

export function digestOf(bytes: Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** An image of the given layers (default: one of random bytes) with a config that makes it unlike any other. */
export function makeImage(layers: readonly Buffer[] = [randomBytes(1024)], extra: object = {}): TestImage {
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', nonce: randomBytes(8).toString('hex') }),
  );
  const descriptor = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: descriptor(CONFIG_TYPE, config),
      layers: layers.map((layer) => descriptor(LAYER_TYPE, layer)),
      ...extra,
    }),
  );
  return { manifest, digest: digestOf(manifest), blobs: [config, ...layers] };
}

/** A plain registry client: token flow as the specification has it, nothing retried, every answer as it came. */
export class RegistryClient {
  readonly #url: URL;
  readonly #credentials: Credentials | undefined;
  readonly #agent: Agent;
  /** The last exchange on each connection, for telling why the next one failed. */
  readonly #before = new WeakMap<Socket, string>();
  /** Authorization by method class and repository. */
  readonly #authorizations = new Map<string, string>();

  constructor(url: string, credentials?: Credentials, connections = 8, path: NetworkPath = {}) {
    this.#url = new URL(url);
    this.#credentials = credentials;
    const { authority, localAddress } = path;
    const pool = {
      keepAlive: true,
      maxSockets: connections,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(authority === undefined ? {} : { ca: authority }),
    };
    this.#agent = this.#url.protocol === 'https:' ? new TlsAgent(pool) : new Agent(pool);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** One request; a 401 is answered once with the credentials in the way the server asked for. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const key = authorizationKey(method, path);
    const first = await this.send(method, path, {
      ...call,
      authorization: authorizationOf(call, this.#authorizations.get(key)),
    });
    const challenge = first.headers['www-authenticate'];
    if (first.status !== 401 || challenge === undefined || call.authorization !== undefined) return first;
    const authorization = await this.#authorize(challenge);
    if (authorization === undefined) return first;
    this.#authorizations.set(key, authorization);
    return this.send(method, path, { ...call, authorization });
  }

  /** One request exactly as given. */
  send(method: string, path: string, call: Call = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers: OutgoingHttpHeaders = { ...call.headers };
      if (typeof call.authorization === 'string') headers['authorization'] = call.authorization;
      const bodiless = method === 'GET' || method === 'HEAD';
      if (!bodiless || call.body !== undefined) headers['content-length'] ??= call.body?.length ?? 0;
      const { hostname, port, protocol } = this.#url;
      const request = protocol === 'https:' ? tlsRequest : plainRequest;
      const outgoing = request(
        { hostname, port, method, path, headers, agent: this.#agent, timeout: TIMEOUT_MS },
        (response) => {
          const chunks: Buffer[] = [];
          const clientPort = response.socket.localPort ?? 0;
          const sent = `${method} ${path.slice(0, 200)} ${JSON.stringify(call.headers ?? {})} ${call.body?.length ?? 0} bytes`;
          this.#before.set(response.socket, `${sent} → ${response.statusCode} ${JSON.stringify(response.headers)}`);
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
              clientPort,
            }),
          );
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new Error(`no answer to ${method} ${path} within ${TIMEOUT_MS} ms`)),
      );
      outgoing.on('error', (error) => {
        const before = outgoing.socket === null ? undefined : this.#before.get(outgoing.socket);
        if (before !== undefined) error.message += ` (before it on the connection: ${before})`;
        reject(error);
      });
      outgoing.end(call.body);
    });
  }

  /** A token for the scopes, from the given service's realm. */
  async token(realm: string, service: string, scopes: readonly string[]): Promise<string> {
    const url = new URL(realm, this.#url);
    url.searchParams.set('service', service);
    for (const scope of scopes) url.searchParams.append('scope', scope);
    const answer = await this.send('GET', url.pathname + url.search, { authorization: this.basic() ?? null });
    const { token } = JSON.parse(answer.body.toString()) as { token?: string };
    if (answer.status !== 200 || token === undefined) throw new Error(`no token: ${describe(answer)}`);
    return token;
  }

  basic(): string | undefined {
    if (this.#credentials === undefined) return undefined;
    const { username, password } = this.#credentials;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }

  async #authorize(challenge: string): Promise<string | undefined> {
    if (/^basic/i.test(challenge)) return this.basic();
    const parameters = Object.fromEntries(
      [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map((match) => [match[1], match[2]]),
    );
    const { realm, service = '', scope } = parameters;
    if (realm === undefined) return undefined;
    return `Bearer ${await this.token(realm, service, scope === undefined ? [] : [scope])}`;
  }

  /** Opens an upload and returns its path. */
  async openUpload(repository: string): Promise<string> {
    const answer = await this.call('POST', `/v2/${repository}/blobs/uploads/`);
    return locationOf(expectStatus(answer, 202, `open an upload in ${repository}`));
  }

  /** POST, then the bytes in one PUT. */
  async pushBlob(repository: string, bytes: Buffer): Promise<string> {
    const digest = digestOf(bytes);
    const location = await this.openUpload(repository);
    const answer = await this.call('PUT', withDigest(location, digest), { body: bytes, headers: octets });
    expectStatus(answer, 201, `push blob ${digest}`);
    return digest;
  }

  /** POST, PATCH for each chunk, then an empty PUT. */
  async pushChunks(repository: string, chunks: readonly Buffer[]): Promise<string> {
    const digest = digestOf(Buffer.concat(chunks));
    let location = await this.openUpload(repository);
    let offset = 0;
    for (const chunk of chunks) {
      const headers = { ...octets, 'content-range': `${offset}-${offset + chunk.length - 1}` };
      const answer = await this.call('PATCH', location, { body: chunk, headers });
      location = locationOf(expectStatus(answer, 202, `send a chunk of ${digest}`));
      offset += chunk.length;
    }
    expectStatus(await this.call('PUT', withDigest(location, digest)), 201, `push blob ${digest}`);
    return digest;
  }

  async pushManifest(
    repository: string,
    reference: string,
    manifest: Buffer,
    mediaType = MANIFEST_TYPE,
  ): Promise<void> {
    const headers = { 'content-type': mediaType };
    const answer = await this.call('PUT', `/v2/${repository}/manifests/${reference}`, { body: manifest, headers });
    expectStatus(answer, 201, `push manifest ${repository}:${reference}`);
  }

  async pushImage(repository: string, tag: string, image: TestImage): Promise<void> {
    for (const blob of image.blobs) await this.pushBlob(repository, blob);
    await this.pushManifest(repository, tag, image.manifest);
  }

  manifest(repository: string, reference: string, method: 'GET' | 'HEAD' = 'GET'): Promise<Answer> {
    return this.call(method, `/v2/${repository}/manifests/${reference}`, { headers: { accept: ACCEPT } });
  }

  blob(repository: string, digest: string, method: 'GET' | 'HEAD' = 'GET'): Promise<Answer> {
    return this.call(method, `/v2/${repository}/blobs/${digest}`);
  }

  /** All tags, page by page. */
  async tags(repository: string): Promise<string[]> {
    const tags: string[] = [];
    for (let path: string | undefined = `/v2/${repository}/tags/list`; path !== undefined;) {
      const answer: Answer = expectStatus(await this.call('GET', path), 200, `list tags of ${repository}`);
      tags.push(...(JSON.parse(answer.body.toString()) as { tags: string[] }).tags);
      path = nextPage(answer);
    }
    return tags;
  }
}

const octets = { 'content-type': 'application/octet-stream' };

function authorizationOf(call: Call, known: string | undefined): string | null {
  return call.authorization === undefined ? (known ?? null) : call.authorization;
}

/** Reads and writes of one repository need different tokens; a mount needs a third. */
function authorizationKey(method: string, path: string): string {
  const repository = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(path)?.[1] ?? path.split('?')[0];
  const mount = /[?&]mount=/.test(path) ? path : '';
  const right = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push';
  return `${right} ${repository} ${mount}`;
}

/** Throws with what the server said when the answer has another status. */
export function expectStatus(answer: Answer, status: number, what: string): Answer {
  if (answer.status !== status) throw new UnexpectedAnswer(`could not ${what}: ${describe(answer)}`, answer.status);
  return answer;
}

/** An answer of another status than the operation needs. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

function describe(answer: Answer): string {
  return `${answer.status} ${answer.body.toString('utf8', 0, 500)}`;
}

/** The path of the Location header. */
export function locationOf(answer: Answer): string {
  const { location } = answer.headers;
  if (location === undefined) throw new Error('the answer has no Location');
  const url = new URL(location, 'http://server');
  return url.pathname + url.search;
}

/** The path that the Link header names as the next page. */
export function nextPage(answer: Answer): string | undefined {
  const link = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers['link'] ?? ''))?.[1];
  if (link === undefined) return undefined;
  const url = new URL(link, 'http://server');
  return url.pathname + url.search;
}

export function withDigest(location: string, digest: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`;
}
