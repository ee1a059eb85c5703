import { expect, test } from 'vitest';
import { weighRegistryRequest } from './weigh-request.ts';

const digest = `sha256:${'0'.repeat(64)}`;

test.each([
  ['GET', '/v2/', 'very-light', undefined],
  ['GET', `/v2/acme/app/blobs/${digest}`, 'very-light', 'acme'],
  ['PATCH', '/v2/acme/app/blobs/uploads/00000000-0000-0000-0000-000000000000', 'very-light', 'acme'],
  ['POST', '/v2/acme/app/blobs/uploads/', 'very-light', 'acme'],
  ['GET', '/v2/acme/app/manifests/latest', 'light', 'acme'],
  ['PUT', '/v2/acme/deep/app/manifests/latest', 'light', 'acme'],
  ['GET', '/v2/nginx/manifests/latest', 'light', 'library'],
  ['GET', `/v2/acme/app/referrers/${digest}`, 'light', 'acme'],
  ['GET', '/v2/acme/app/tags/list', 'heavy', 'acme'],
  // The router undoes percent-encoding, so what is counted must not depend on it.
  ['GET', '/v2/acme/app/%74ags/list', 'heavy', 'acme'],
  ['GET', '/v2/%61cme/app/manifests/latest', 'light', 'acme'],
  ['GET', '/v2/acme/tags/manifests/latest', 'light', 'acme'],
  ['GET', '/v2/_catalog', 'heavy', undefined],
  ['GET', '/v2/ACME/app/manifests/latest', 'light', undefined],
  ['GET', '/v2/nonsense', 'light', undefined],
  ['GET', '/v1/_ping', 'very-light', undefined],
  ['GET', '/v1/search', 'heavy', undefined],
] as const)('%s %s is %s, of %s', (method, path, weight, namespace) => {
  expect(weighRegistryRequest({ method, path, query: '' }, 'library')).toEqual({ weight, namespace });
});

test.each([
  ['scope=repository:acme/app:pull,push&scope=repository:other/app:pull', 'acme'],
  ['service=x&scope=repository:nginx:pull', 'library'],
  ['scope=registry:catalog:*', undefined],
  ['', undefined],
])('a token for %s counts for the namespace %s too', (query, namespace) => {
  const request = { method: 'GET', path: '/v2/auth', query };
  expect(weighRegistryRequest(request, 'library')).toEqual({ weight: 'light', token: true, namespace });
});
