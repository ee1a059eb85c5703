import { type Answer, type Call, RegistryClient } from '../../support/clients.ts';
import { type Random, randomFrom } from '../../support/random.ts';
import type { Account, TestServer } from '../../support/server.ts';
import { Coverage, outcomeOf } from './coverage.ts';
import { malformedRequest, sendRaw } from './malformed.ts';
import { mutate } from './mutate.ts';
import { type Draft, type Rule, RULES } from './rules.ts';
import { emptyRepository, type KnownRepository, type World } from './world.ts';

const WORKERS = 6;
const MUTATED = 0.35;
const MALFORMED = 0.02;

export interface FuzzReport {
  readonly coverage: Coverage;
  /** What the server should not have done: answers with 5xx, no answer, error bodies out of shape. */
  readonly complaints: string[];
}

/**
 * Sends `requests` generated requests. The same seed gives each worker the same choices; since the workers run side by side
 * and answers steer the choices, a replay is near, not exact. `seldom`-checks use the rules' routes.
 */
export async function runFuzz(
  server: TestServer,
  account: Account,
  requests: number,
  seed: number,
): Promise<FuzzReport> {
  const coverage = new Coverage(RULES);
  const complaints: string[] = [];
  const shared = emptyRepository(`${account.username}/shared`);
  let left = requests;
  const work = async (index: number): Promise<void> => {
    const fuzzer = makeFuzzer(
      server,
      account,
      [shared, ...ownRepositories(account, index)],
      randomFrom(seed * 1000 + index),
    );
    while (left > 0 && complaints.length < 20) {
      const wrong = await fuzzer.step(coverage);
      // Nothing was sent where the rule had nothing to work on.
      if (wrong === undefined) continue;
      left -= 1;
      complaints.push(...wrong.map((complaint) => `seed ${seed}, worker ${index}: ${complaint}`));
    }
    fuzzer.close();
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, index) => work(index)));
  return { coverage, complaints };
}

function ownRepositories(account: Account, index: number): KnownRepository[] {
  return [
    emptyRepository(`${account.username}/fuzz-${index}`),
    emptyRepository(`${account.username}/blobs/manifests-${index}/tags`),
  ];
}

function makeFuzzer(server: TestServer, account: Account, repositories: readonly KnownRepository[], random: Random) {
  // A broken password makes the server slow down whoever sent it, so those who have the right one live elsewhere.
  const client = new RegistryClient(server.url, account, 2, { localAddress: '127.0.0.2' });
  const guesser = new RegistryClient(server.url, account, 2);
  const world: World = {
    account: { username: account.username, password: account.password },
    host: server.host,
    repositories,
  };
  const wheel = RULES.flatMap((rule) => Array.from<Rule>({ length: rule.weight }).fill(rule));

  const malformed = async (coverage: Coverage): Promise<string[]> => {
    const path = `/v2/${random.pick(repositories).name}/blobs/uploads/`;
    const bytes = malformedRequest(random, path, client.basic() ?? '');
    const statuses = await sendRaw(server.port, bytes, random.chance(0.3));
    for (const status of statuses) coverage.add('(malformed)', outcomeOf(status));
    if (statuses.length === 0) coverage.add('(malformed)', 'cut off');
    return statuses.some((status) => status >= 500)
      ? [`malformed ${bytes.toString('latin1', 0, 200)} → ${statuses.join(', ')}`]
      : [];
  };

  const wellFormed = async (coverage: Coverage): Promise<string[] | undefined> => {
    const rule = random.pick(wheel);
    const draft = rule.draft(world, random);
    if (draft === undefined) return undefined;
    const broken = random.chance(MUTATED);
    const sent: Draft & { rawAuthorization?: string } = broken ? mutate(draft, random) : draft;
    const row = broken ? '(mutated)' : `${rule.route} ${rule.method}`;
    let answer: Answer;
    try {
      answer = await send(broken && givesCredentials(sent) ? guesser : client, sent, random);
    } catch (error) {
      coverage.add(row, 'cut off');
      return broken && isReset(error) ? [] : [`${describe(sent)}: ${String(error)}`];
    }
    coverage.add(row, outcomeOf(answer.status));
    if (!broken) draft.learn?.(answer);
    const wrong = complaintAbout(answer, sent);
    return wrong === undefined ? [] : [`${describe(sent)} → ${wrong}`];
  };

  return {
    /** Sends one request and returns what was wrong with the answer; undefined when there was nothing to send. */
    step: (coverage: Coverage): Promise<string[] | undefined> =>
      random.chance(MALFORMED) ? malformed(coverage) : wellFormed(coverage),
    close() {
      client.close();
      guesser.close();
    },
  };
}

function send(client: RegistryClient, draft: Draft & { rawAuthorization?: string }, random: Random): Promise<Answer> {
  const call: Call = { headers: draft.headers, ...(draft.body === undefined ? {} : { body: draft.body }) };
  if (draft.rawAuthorization !== undefined)
    return client.send(draft.method, draft.path, { ...call, authorization: draft.rawAuthorization });
  if (draft.authorization === 'none') return client.send(draft.method, draft.path, call);
  if (draft.authorization === 'basic' || random.chance(0.5)) {
    return client.send(draft.method, draft.path, { ...call, authorization: client.basic() ?? null });
  }
  return client.call(draft.method, draft.path, call);
}

/** Whether it shows credentials of its own, which a mutation may have spoilt. */
function givesCredentials({ path, rawAuthorization }: Draft & { rawAuthorization?: string }): boolean {
  return rawAuthorization !== undefined || path.startsWith('/v2/auth');
}

function complaintAbout(answer: Answer, { method, path }: Draft): string | undefined {
  const text = answer.body.toString('utf8', 0, 300);
  if (answer.status >= 500) return `${answer.status} ${text}`;
  const json = /json/.test(answer.headers['content-type'] ?? '');
  if (answer.status < 400 || !json || method === 'HEAD' || !path.startsWith('/v2/')) return undefined;
  try {
    const { errors } = JSON.parse(answer.body.toString()) as { errors?: unknown };
    return Array.isArray(errors) && errors.length > 0 ? undefined : `${answer.status} without errors: ${text}`;
  } catch {
    return `${answer.status} with a body that is no JSON: ${text}`;
  }
}

/** A server may close the connection of a request it has refused before the body was sent. */
function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(?:ECONNRESET|EPIPE|HPE_|ERR_)/.test(String(error.code));
}

function describe({ method, path, headers, body }: Draft): string {
  return `${method} ${path.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)} ${body?.toString('latin1', 0, 60) ?? ''}`;
}
