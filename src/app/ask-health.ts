import { type IncomingMessage, request } from 'node:http';

/** How long the whole exchange may take, in ms: less than the five seconds that container engines are told to wait. */
const ASK_MS = 4000;
const MAX_BODY_BYTES = 64 * 1024;

export interface HealthAnswer {
  /** 200 when the server can serve. */
  readonly status: number;
  /** Names of the services that are not well. */
  readonly unwell: readonly string[];
}

/**
 * Asks the server on the plain port of this machine for `/health/instance`, which is answered there with TLS too. It takes 4 s
 * at most. Throws when nothing there answers.
 */
export async function askHealth(where: { readonly host: string; readonly port: number }): Promise<HealthAnswer> {
  const response = await get(where);
  return { status: response.statusCode ?? 0, unwell: unwellServices(await readText(response)) };
}

function get(where: { readonly host: string; readonly port: number }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { ...where, path: '/health/instance', signal: AbortSignal.timeout(ASK_MS), agent: false as const };
    request(options).on('response', resolve).on('error', reject).end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += String(part);
    if (text.length > MAX_BODY_BYTES) throw new Error('The answer is too long for one about health');
  }
  return text;
}

function unwellServices(text: string): string[] {
  try {
    const answer = JSON.parse(text) as { readonly data?: { readonly services?: object } | null } | null;
    return Object.entries(answer?.data?.services ?? {})
      .filter(([, well]) => well === false)
      .map(([name]) => name);
  } catch {
    return [];
  }
}
