import type { ClientView } from './resolve-client.ts';

/** Under which names the registry is known, and how it is reached. */
export interface PublicNames {
  /** `host[:port]`, the main one first; none: whatever the client used. */
  readonly hosts: readonly string[];
  /** Generated addresses begin with `https` even when the request came without TLS. */
  readonly https: boolean;
}

/** Makes `scheme://host[:port]` for addresses that this client is to use. */
export type OriginOf = (view: ClientView) => string;

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i;

/**
 * The configured name that the client used stays; for any other the main name is taken, so that nobody can make the registry
 * vouch for a foreign host. Without configured names the client is answered with the one it used.
 */
export function createOrigins({ hosts, https }: PublicNames): OriginOf {
  const own = new Map(hosts.map((host) => [comparable(host), host]));
  const main = hosts[0];
  return ({ scheme: used, host }) => {
    const scheme = https ? 'https' : used;
    const known = main === undefined ? (HOST.test(host) ? host : 'localhost') : (own.get(comparable(host)) ?? main);
    return `${scheme}://${known}`;
  };
}

/** Names are compared without regard to case, a dot at the end, and the ports that go without saying. */
function comparable(host: string): string {
  return host
    .toLowerCase()
    .replace(/:(?:80|443)$/, '')
    .replace(/\.$/, '');
}
