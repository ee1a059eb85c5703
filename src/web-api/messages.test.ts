import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp } from '../../test/support/http.ts';
import { ADDRESS_SPACE } from '../app/address-space.ts';
import { createWebApi } from './index.ts';

interface Message {
  readonly uuid: string;
  readonly content: string;
}

describeOnBothDatabases('messages to everybody', (context) => {
  let api: TestApi;
  let root: Person;
  let ada: Person;
  beforeAll(async () => {
    api = await startApi(context().db);
    [root, ada] = [await api.person('root', { superuser: true }), await api.person('ada')];
    return () => api[Symbol.asyncDispose]();
  });

  const list = async (by?: Person) => {
    const { body } = await api.call(by, 'GET', '/messages');
    return (body as { messages: Message[] }).messages;
  };
  const create = (message: object, by = root) => api.call(by, 'POST', '/messages', { message });
  const remove = async () => {
    for (const { uuid } of await list()) await api.call(root, 'DELETE', `/message/${uuid}`);
  };

  afterEach(remove);

  it('are shown to everybody in their order until they are taken back', async () => {
    const first = { content: 'Closed on *Friday*', media_type: 'text/markdown', severity: 'warning' };
    const second = { content: 'Welcome', media_type: 'text/plain', severity: 'info' };
    expect((await create(first)).status).toBe(201);
    expect((await create(second)).status).toBe(201);
    for (const reader of [undefined, ada, root]) {
      expect(await list(reader)).toEqual([
        { ...first, uuid: expect.any(String) },
        { ...second, uuid: expect.any(String) },
      ]);
    }
    const [{ uuid } = { uuid: '' }] = await list();
    expect((await api.call(root, 'DELETE', `/message/${uuid}`)).status).toBe(204);
    expect((await api.call(root, 'DELETE', `/message/${uuid}`)).status).toBe(204);
    expect(await list()).toMatchObject([second]);
  });

  it('are text, whatever is in them, in answers that no browser takes for a page', async () => {
    const content = '<script>alert(1)</script> [x](javascript:alert(1)) \u202e "quoted"';
    expect((await create({ content, media_type: 'text/markdown', severity: 'error' })).status).toBe(201);
    const [place] = ADDRESS_SPACE.filter(({ prefix }) => prefix === '/api/v1');
    if (place === undefined) throw new Error('the API is nowhere');
    const server = await startHttp({ mounts: [{ ...place, handler: createWebApi(api.ports) }] });
    await using _ = server;
    const answer = await fetch(`${server.url}/api/v1/messages`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await answer.json()).toMatchObject({ messages: [{ content }] });
  });

  it('are bounded in number, length and kind', async () => {
    const good = { content: 'x', media_type: 'text/plain', severity: 'info' };
    for (const wrong of [
      { ...good, content: '' },
      { ...good, content: 'x'.repeat(10_001) },
      { ...good, media_type: 'text/html' },
      { ...good, severity: 'fatal' },
      { content: 'x' },
    ]) {
      expect((await create(wrong)).status).toBe(400);
    }
    for (let number = 0; number < 100; number += 1) expect((await create(good)).status).toBe(201);
    expect(await create(good)).toMatchObject({ status: 400, body: { detail: expect.stringContaining('delete one') } });
    expect(await list()).toHaveLength(100);
  });

  it('are written by superusers alone', async () => {
    const good = { content: 'x', media_type: 'text/plain', severity: 'info' };
    expect((await create(good, ada)).status).toBe(403);
    expect((await api.call(undefined, 'POST', '/messages', { message: good })).status).toBe(401);
    expect((await api.call(await api.token(root, ['repo:admin', 'org:admin']), 'POST', '/messages', {})).status).toBe(
      403,
    );
    expect((await api.call(ada, 'DELETE', '/message/x')).status).toBe(403);
    expect(await list()).toEqual([]);
  });
});
