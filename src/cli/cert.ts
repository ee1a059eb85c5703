import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { launchOptions, readSettings } from '../app/index.ts';
import { writeCertificates } from '../platform/tls/index.ts';
import { type Command, UsageError } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

const MOST_HOSTS = 100;
/** A little over a year; Apple's systems refuse more than 825 days, also of private authorities. */
const DEFAULT_DAYS = 397;
const MOST_DAYS = 825;

export const cert: Command = {
  name: 'cert',
  synopsis: '[HOST …] [--days N] [--out DIR] [--data DIR] [--config FILE]',
  summary:
    'Make an own certificate authority and a TLS certificate for these names and addresses (default: SERVER_HOSTNAME), beside config.yaml',
  async run(args) {
    const { values, positionals } = parseOptions(
      args,
      { ...COMMON_OPTIONS, days: { type: 'string' }, out: { type: 'string' } },
      { least: 0, most: MOST_HOSTS },
    );
    const days = values.days === undefined ? DEFAULT_DAYS : Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
      throw new UsageError(`"${values.days}" is no number of days; give 1 to ${MOST_DAYS}`);
    }
    const launch = launchOptions(values);
    const hosts = positionals.length > 0 ? positionals : hostsOfConfig(values);
    const directory = values.out === undefined ? dirname(launch.configFile) : resolve(values.out);
    const { written, authority } = await writeCertificates({ directory, hosts, days, now: Date.now() });
    for (const path of written) console.log(`wrote ${path}`);
    if (values.out !== undefined) console.log('Put ssl.cert and ssl.key beside config.yaml to serve with them.');
    console.log(installation(authority, hosts));
    return 0;
  },
};

function hostsOfConfig(values: Parameters<typeof readSettings>[0]): readonly string[] {
  const { publicHosts } = readSettings(values).settings.listeners;
  return publicHosts.length > 0 ? publicHosts : ['localhost', '127.0.0.1', '::1', hostname()];
}

/** Where clients look for an authority, for the first host. */
function installation(authority: string, hosts: readonly string[]): string {
  const [host = 'HOST'] = hosts;
  const place = host.includes(':') ? host : `${host}:8443`;
  return [
    '',
    `Clients must trust ${authority} (never give rootCA.key away). Copy it to`,
    `  docker                    /etc/docker/certs.d/${place}/ca.crt`,
    `  podman, buildah, skopeo   /etc/containers/certs.d/${place}/ca.crt`,
    `  containerd, nerdctl       a file named by "ca" in /etc/containerd/certs.d/${place}/hosts.toml`,
    '  everything on Debian      /usr/local/share/ca-certificates/gantry.crt, then run update-ca-certificates',
    'The directory is named like the host in image names: without the port when that is 443.',
    'A running server takes a renewed certificate by itself; the first one needs a restart.',
  ].join('\n');
}
