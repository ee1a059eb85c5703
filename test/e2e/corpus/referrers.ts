import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CREATED, type Descriptor, EMPTY, json, OciLayout, TYPES } from './oci-layout.ts';
import { osRelease, tarOf } from './tar.ts';

const SIGNATURE = 'application/vnd.example.signature.v1';
const OCTETS = 'application/octet-stream';

/** A subject with six referrers of every form, a referrer of a referrer, and one whose subject is nowhere. */
export function referrers(root: string): void {
  const layout = new OciLayout(root, 'referrers');
  const subject = layout.image([{ tar: tarOf([osRelease('debian', '12'), { name: 'hello', data: 'hello\n' }]) }]);
  layout.tag(subject, 'v1');
  const empty = layout.blob(EMPTY, TYPES.empty);
  const inline = { ...empty, data: EMPTY.toString('base64') };

  const refer = (
    tag: string,
    artifactType: string,
    content: string,
    mediaType: string,
    of: Descriptor = subject,
  ): Descriptor => {
    const annotations = { 'org.opencontainers.image.created': CREATED, 'org.example.kind': artifactType };
    const layers = [layout.blob(Buffer.from(content), mediaType)];
    const manifest = layout.manifest({ artifactType, config: empty, layers, subject: of, annotations });
    layout.tag({ ...manifest, artifactType }, tag);
    return manifest;
  };
  const sbom = refer(
    'sbom',
    'application/spdx+json',
    '{"spdxVersion":"SPDX-2.3","packages":[]}',
    'application/spdx+json',
  );
  const signatures = ['1', '2'].map((number) => refer(`sig${number}`, SIGNATURE, `signature-${number}`, OCTETS));
  refer('sigsbom', SIGNATURE, 'signature-of-sbom', OCTETS, sbom);
  refer('orphan', 'application/vnd.example.orphan', 'orphan', OCTETS, {
    mediaType: TYPES.manifest,
    digest: `sha256:${'ab'.repeat(32)}`,
    size: 1234,
  });

  // Without an artifactType of its own: it is that of the config.
  const config = layout.blob(Buffer.from('{"k":1}'), 'application/vnd.example.config.v1+json');
  layout.tag({ ...layout.manifest({ config, layers: [empty], subject }), artifactType: config.mediaType }, 'viacfg');
  const annotated = {
    artifactType: 'application/vnd.example.annotation-only',
    config: inline,
    layers: [inline],
    subject,
    annotations: { a: 'b' },
  };
  layout.tag({ ...layout.manifest(annotated), artifactType: annotated.artifactType }, 'annot');
  const indexed = { artifactType: 'application/vnd.example.index', manifests: signatures, subject };
  layout.tag({ ...layout.index(indexed), artifactType: indexed.artifactType }, 'idx');
}

/**
 * An image signed in the forms that cosign writes: the tags `.sig`, `.att` and `.sbom` beside it, and a sigstore bundle as
 * referrer. The signatures are real; their public key is written to `keys/cosign.pub`.
 */
export function signedImage(root: string): void {
  const layout = new OciLayout(root, 'cosign-signed');
  const image = layout.image([{ tar: tarOf([osRelease('debian', '12'), { name: 'signed', data: 'x' }]) }]);
  layout.tag(image, 'v1');
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  mkdirSync(join(root, 'keys'), { recursive: true });
  writeFileSync(join(root, 'keys/cosign.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const signature = (bytes: Buffer): string => sign('sha256', bytes, privateKey).toString('base64');
  const beside = (kind: string, layer: Descriptor): void => {
    const never = '0001-01-01T00:00:00Z';
    const config = {
      architecture: '',
      created: never,
      history: [{ created: never }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      config: {},
    };
    layout.tag(
      layout.manifest({ config: layout.blob(json(config), TYPES.config), layers: [layer] }),
      `${image.digest.replace(':', '-')}.${kind}`,
    );
  };

  const payload = json({
    critical: {
      identity: { 'docker-reference': 'corpus/cosign-signed' },
      image: { 'docker-manifest-digest': image.digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
  const signed = { annotations: { 'dev.cosignproject.cosign/signature': signature(payload) } };
  beside('sig', layout.blob(payload, 'application/vnd.dev.cosign.simplesigning.v1+json', signed));

  const predicateType = 'https://slsa.dev/provenance/v0.2';
  const statement = json({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType,
    subject: [{ name: 'corpus', digest: { sha256: image.digest.slice('sha256:'.length) } }],
    predicate: { builder: { id: 'corpus' } },
  });
  const payloadType = 'application/vnd.in-toto+json';
  // DSSE signs the type and both lengths with the statement.
  const sig = signature(
    Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `), statement]),
  );
  const envelope = { payloadType, payload: statement.toString('base64'), signatures: [{ keyid: '', sig }] };
  const attested = { annotations: { predicateType, 'dev.cosignproject.cosign/signature': '' } };
  beside('att', layout.blob(json(envelope), 'application/vnd.dsse.envelope.v1+json', attested));
  beside('sbom', layout.blob(Buffer.from('{"spdxVersion":"SPDX-2.3"}'), 'text/spdx+json'));

  const artifactType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const bundle = layout.manifest({
    artifactType,
    config: layout.blob(EMPTY, TYPES.empty),
    layers: [layout.blob(json({ mediaType: artifactType, dsseEnvelope: envelope }), artifactType)],
    subject: image,
    annotations: { 'org.opencontainers.image.created': CREATED, 'dev.sigstore.bundle.content': 'dsse-envelope' },
  });
  layout.tag({ ...bundle, artifactType }, 'bundle');
}
