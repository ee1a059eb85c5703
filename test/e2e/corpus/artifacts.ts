import { randomBytes } from 'node:crypto';
import { CREATED, EMPTY, json, OciLayout, TYPES } from './oci-layout.ts';
import { tarOf } from './tar.ts';
import { gzipSync } from 'node:zlib';

/** Two versions of a chart in the form of `helm push`, the second with its provenance. */
export function helmChart(root: string): void {
  const layout = new OciLayout(root, 'helm-chart');
  for (const version of ['0.1.0', '0.2.0']) {
    const chart = {
      apiVersion: 'v2',
      name: 'mychart',
      version,
      description: 'corpus chart',
      type: 'application',
      appVersion: '1.16.0',
    };
    const lines = Object.entries(chart).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    const archive = gzipSync(
      tarOf([
        { name: 'mychart/Chart.yaml', data: lines.join('') },
        { name: 'mychart/values.yaml', data: 'replicaCount: 1\n' },
        {
          name: 'mychart/templates/map.yaml',
          data: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n',
        },
      ]),
    );
    const layers = [layout.blob(archive, 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')];
    const provenance = Buffer.from('-----BEGIN PGP SIGNED MESSAGE-----\ncorpus\n');
    if (version === '0.2.0') layers.push(layout.blob(provenance, 'application/vnd.cncf.helm.chart.provenance.v1.prov'));
    const annotations = { 'org.opencontainers.image.title': 'mychart', 'org.opencontainers.image.version': version };
    const config = layout.blob(json(chart), 'application/vnd.cncf.helm.config.v1+json');
    layout.tag(layout.manifest({ config, layers, annotations }), version);
  }
}

/** Plain files with titles in the form of `oras push`, and a WebAssembly module. */
export function fileArtifacts(root: string): void {
  const layout = new OciLayout(root, 'artifact-files');
  const file = (bytes: Buffer, mediaType: string, title: string) =>
    layout.blob(bytes, mediaType, { annotations: { 'org.opencontainers.image.title': title } });
  const artifactType = 'application/vnd.example.files.v1';
  const files = layout.manifest({
    artifactType,
    config: layout.blob(EMPTY, TYPES.empty, { data: EMPTY.toString('base64') }),
    layers: [
      file(Buffer.from('hi there\n'), 'text/plain', 'hi.txt'),
      file(randomBytes(3 << 20), 'application/octet-stream', 'random.bin'),
    ],
    annotations: { 'org.opencontainers.image.created': CREATED },
  });
  layout.tag({ ...files, artifactType }, 'v1');

  const wasm = new OciLayout(root, 'wasm');
  const module = wasm.blob(Buffer.from('\0asm\u0001\0\0\0', 'latin1'), 'application/wasm');
  wasm.tag(wasm.manifest({ config: wasm.blob(EMPTY, 'application/vnd.wasm.config.v1+json'), layers: [module] }), 'v1');
}
