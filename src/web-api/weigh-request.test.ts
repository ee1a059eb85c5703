import { expect, test } from 'vitest';
import { weighApiRequest } from './weigh-request.ts';

test.each([
  ['/api/v1/user/', 'light', undefined],
  ['/api/v1/repository/acme/app', 'light', 'acme'],
  ['/api/v1/repository/acme/app/tag/', 'light', 'acme'],
  ['/api/v1/repository', 'heavy', undefined],
  ['/api/v1/repository/acme/app/logs', 'heavy', 'acme'],
  ['/api/v1/repository/acme/app/%6Cogs', 'heavy', 'acme'],
  ['/api/v1/organization/acme/aggregatelogs', 'heavy', undefined],
  ['/api/v1/find/repositories', 'heavy', undefined],
  ['/api/v1/%ff', 'light', undefined],
] as const)('%s is %s, of %s', (path, weight, namespace) => {
  expect(weighApiRequest({ path })).toEqual({ weight, namespace });
});
