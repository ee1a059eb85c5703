import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { VERSION } from '../../src/kernel/version.ts';
import { available, hasProgram } from '../support/components.ts';

const DEPLOY = join(import.meta.dirname, '../../deploy');
const read = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8');

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly stringData?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly selector: { readonly matchLabels?: object };
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
    readonly volumeClaimTemplates?: readonly Named[];
  };
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Pod {
  readonly securityContext: object;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
    readonly securityContext: object;
    readonly startupProbe: Probe;
    readonly readinessProbe: Probe;
    readonly livenessProbe: Probe;
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret?: { readonly secretName: string };
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

describe.each(['kubernetes/gantry.yaml', 'kubernetes/postgresql.yaml'])('%s', (file) => {
  // Kubernetes reads YAML 1.1, where 0440 is octal.
  const objects = parseAllDocuments(read(file), { version: '1.1' }).map((document) => document.toJS() as Named);
  const named = (...kinds: string[]): Named => {
    const found = objects.filter(({ kind }) => kinds.includes(kind));
    expect(found, kinds.join()).toHaveLength(1);
    return found[0] as Named;
  };
  const workload = named('StatefulSet', 'Deployment');
  const pod = workload.spec.template.spec;
  const [container] = pod.containers as [Pod['containers'][0]];

  it('runs under the restricted standard', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('gives every folder that the image writes to a volume that exists', () => {
    const image = /^VOLUME (.*)$/m.exec(read('Dockerfile'))?.[1] ?? '';
    expect(container.volumeMounts.map(({ mountPath }) => mountPath).toSorted()).toEqual(JSON.parse(image));
    const names = [...pod.volumes, ...(workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata)];
    expect(names.map(({ name }) => name).toSorted()).toEqual(container.volumeMounts.map(({ name }) => name).toSorted());
    for (const { secret, persistentVolumeClaim: claim } of pod.volumes) {
      if (secret !== undefined) expect(named('Secret').metadata.name).toBe(secret.secretName);
      if (claim !== undefined) expect(named('PersistentVolumeClaim').metadata.name).toBe(claim.claimName);
    }
  });

  it('sends traffic to ports that are there, and asks for health where the server answers', () => {
    const ports = container.ports.map(({ name }) => name);
    expect(ports).toEqual(expect.arrayContaining(named('Service').spec.ports.map(({ targetPort }) => targetPort)));
    expect(named('Service').spec.selector).toEqual(workload.spec.selector.matchLabels);
    expect(workload.spec.template.metadata.labels).toEqual(workload.spec.selector.matchLabels);
    for (const { httpGet } of [container.startupProbe, container.readinessProbe]) {
      expect(httpGet).toEqual({ path: '/health/instance', port: 'http' });
    }
    // Nothing that a database outage would fail.
    expect(container.livenessProbe.httpGet).toEqual({ path: '/v1/_ping', port: 'http' });
  });

  it('leaves running requests the time that the server gives them', () => {
    const drain = /DRAIN_MS = ([\d_]+)/
      .exec(readFileSync(join(DEPLOY, '../src/app/serve.ts'), 'utf8'))?.[1]
      ?.replace('_', '');
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(Number(drain));
  });

  it('has settings that a server takes', () => {
    const text = named('Secret').stringData?.['config.yaml'] ?? '';
    const home = mkdtempSync(join(tmpdir(), 'gantry-deploy-'));
    const file = join(home, 'config.yaml');
    writeFileSync(file, text);
    const main = join(DEPLOY, '../src/main.ts');
    const { stdout } = spawnSync(process.execPath, [main, 'config', 'check', file], { encoding: 'utf8' });
    rmSync(home, { recursive: true });
    expect(stdout).toBe('The configuration can be used\n');
  });
});

describe.each(['compose.yaml', 'compose.quay-drop-in.yaml'])('%s', (file) => {
  interface Compose {
    readonly services: Readonly<
      Record<string, { readonly volumes: readonly string[]; readonly networks?: readonly string[] }>
    >;
    readonly volumes: object;
    readonly networks?: object;
  }
  const { services, volumes, networks } = parse(read(file)) as Compose;

  it('declares every volume and network that it uses', () => {
    const used = Object.values(services).flatMap((service) => service.volumes.map((mount) => mount.split(':')[0]));
    expect(new Set(used)).toEqual(new Set(Object.keys(volumes)));
    const joined = Object.values(services).flatMap((service) => service.networks ?? []);
    expect(['default', ...Object.keys(networks ?? {})]).toEqual(expect.arrayContaining(joined));
  });
});

it('the image has the version of the program', () => {
  expect(read('Dockerfile')).toContain(`ARG VERSION=${VERSION}\n`);
});

it.skipIf(!available('systemd-analyze', hasProgram('systemd-analyze')))('systemd understands the unit', () => {
  const unit = join(DEPLOY, 'gantry.service');
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  // The program is not installed where the test runs.
  const complaints = stderr
    .split('\n')
    .filter((line) => line.includes('gantry.service') && !line.includes('not executable'));
  expect(complaints).toEqual([]);
});
