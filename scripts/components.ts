import { existsSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs of other projects that some tests run against, and the Debian package that brings each. */
const COMPONENTS = {
  postgres: { program: 'postgres', debian: 'postgresql' },
  redis: { program: 'redis-server', debian: 'redis-server' },
  skopeo: { program: 'skopeo', debian: 'skopeo' },
  podman: { program: 'podman', debian: 'podman' },
  buildah: { program: 'buildah', debian: 'buildah' },
  'podman-compose': { program: 'podman-compose', debian: 'podman-compose' },
  mmdebstrap: { program: 'mmdebstrap', debian: 'mmdebstrap' },
  runc: { program: 'runc', debian: 'runc' },
  'systemd-analyze': { program: 'systemd-analyze', debian: 'systemd' },
  docker: { program: 'dockerd', debian: 'docker.io' },
  containerd: { program: 'containerd', debian: 'containerd' },
  'docker-registry': { program: 'docker-registry', debian: 'docker-registry' },
  htpasswd: { program: 'htpasswd', debian: 'apache2-utils' },
  strace: { program: 'strace', debian: 'strace' },
  wrk: { program: 'wrk', debian: 'wrk' },
  nginx: { program: 'nginx', debian: 'nginx-light' },
  haproxy: { program: 'haproxy', debian: 'haproxy' },
  prometheus: { program: 'prometheus', debian: 'prometheus' },
  aiosmtpd: { program: 'aiosmtpd', debian: 'python3-aiosmtpd' },
  chromium: { program: 'chromium', debian: 'chromium' },
} as const;

export type Component = keyof typeof COMPONENTS;

export const COMPONENT_NAMES = Object.keys(COMPONENTS) as readonly Component[];

/** Debian package that brings the component. */
export function debianPackage(component: Component): string {
  return COMPONENTS[component].debian;
}

/** Absolute path of the component's program, or undefined when this machine does not have it. */
export function findComponent(component: Component): string | undefined {
  const { program } = COMPONENTS[component];
  return searchPath()
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path) && statSync(path).isFile());
}

/** PATH, then places that Debian keeps out of an ordinary user's PATH; of several PostgreSQL versions the newest. */
function searchPath(): string[] {
  const postgres = '/usr/lib/postgresql';
  const versions = existsSync(postgres) ? readdirSync(postgres) : [];
  const newestFirst = versions
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a);
  return [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/sbin',
    ...newestFirst.map((version) => join(postgres, String(version), 'bin')),
  ];
}
