import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { createGuardedFetch } from '../../src/platform/net/index.ts';
import { makeCertificates } from './certificates.ts';

const SECRET = 'the secret of a client, which is a test';
const RESOURCE = 'urn:gantry:test';

export interface OidcIssuer extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`. */
  readonly issuer: string;
  /** What clients have to trust, in PEM. */
  readonly authority: string;
  /** A signed token, as a build service gives its jobs one. Its subject is `client`. */
  token(): Promise<string>;
}

/**
 * An OpenID Connect provider over TLS with an own authority. Its one client gets tokens by its credentials (RFC 6749 §4.4).
 * @param claims that the tokens carry besides
 */
export async function startOidcIssuer(
  client: string,
  audience: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<OidcIssuer> {
  const { authority, certificate, key } = makeCertificates();
  const server = createServer({ cert: certificate, key }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client,
        client_secret: SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [{ ...signing, kid: 'first', use: 'sig', alg: 'ES256' }] },
    cookies: { keys: [SECRET] },
    extraTokenClaims: () => claims,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: () => ({
          audience,
          scope: '',
          accessTokenTTL: 300,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on('request', (req, res) => void answer(req, res));
  const net = createGuardedFetch({ allowHosts: ['127.0.0.1'], caCertificates: () => [authority] });
  return {
    issuer,
    authority,
    async token() {
      const credentials = [client, SECRET].map(encodeURIComponent).join(':');
      const answer = await net.fetch(`${issuer}/token`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
        },
        body: 'grant_type=client_credentials',
      });
      const body = (await answer.json()) as { access_token?: string };
      if (body.access_token === undefined) throw new Error(`no token was given: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    async [Symbol.asyncDispose]() {
      net.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
