import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compress, CREATED, type Descriptor, json, OciLayout, readLayout, TYPES } from './oci-layout.ts';
import { osRelease, type TarEntry, tarOf } from './tar.ts';

const DEBIAN = osRelease('debian', '12');

/** An index of three platforms with real files for two of them, and an index that holds that index. */
export function platformImages(root: string, parts: string): void {
  const layout = new OciLayout(root, 'multiarch');
  const shell = { Cmd: ['/bin/busybox', 'sh'] };
  const rootFs = (architecture: string) => [{ tar: readFileSync(join(parts, `${architecture}.tar`)) }];
  const on = (descriptor: Descriptor, architecture: string, variant?: string): Descriptor => ({
    ...descriptor,
    platform: { architecture, os: 'linux', ...(variant === undefined ? {} : { variant }) },
  });
  const amd64 = on(layout.image(rootFs('amd64'), { config: shell }), 'amd64');
  const arm64 = on(
    layout.image(rootFs('arm64'), { architecture: 'arm64', variant: 'v8', config: shell }),
    'arm64',
    'v8',
  );
  const s390x = on(layout.image([{ tar: tarOf([osRelease('scratch', '1')]) }], { architecture: 's390x' }), 's390x');
  const annotations = { 'org.opencontainers.image.title': 'multiarch' };
  const index = layout.index({ manifests: [amd64, arm64, s390x], annotations });
  layout.tag(index, 'v1');
  layout.tag(amd64, 'v1-amd64');

  const nested = new OciLayout(root, 'nested-index');
  nested.takeBlobs(layout);
  nested.tag(nested.index({ manifests: [index, amd64] }), 'v1');
}

/** One image with every compression, and the vulnerable one with all its layers compressed by zstd. */
export function compressedImages(root: string, byHand: boolean): void {
  const mixed = new OciLayout(root, 'mixed-compression');
  const layers = [
    { tar: tarOf([DEBIAN]) },
    { tar: tarOf([{ name: 'a', data: 'zstd' }]), compression: 'zstd' },
    { tar: tarOf([{ name: 'b', data: 'plain' }]), compression: 'none' },
  ] as const;
  mixed.tag(mixed.image(layers), 'v1');
  if (!byHand) return;
  const source = readLayout(root, 'vuln');
  const manifest = JSON.parse(source.read(source.top.digest).toString()) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  const zstd = new OciLayout(root, 'vuln-zstd');
  const config = zstd.blob(source.read(manifest.config.digest), TYPES.config);
  const recompressed = manifest.layers.map(({ digest }) =>
    zstd.blob(compress(gunzipSync(source.read(digest)), 'zstd'), TYPES.zstd),
  );
  zstd.tag(zstd.manifest({ config, layers: recompressed }), '1.0');
}

/** What a scanner has to understand beside dpkg: rpm, apk over two layers, and dpkg data without a package manager. */
export function distributionImages(root: string, parts: string): void {
  const rpm = new OciLayout(root, 'rpm-sqlite');
  const labels = {
    'com.redhat.component': 'corpus-container',
    name: 'corpus/rpm',
    version: '8.4',
    release: '1',
    architecture: 'x86_64',
    cpe: 'cpe:/o:redhat:enterprise_linux:8.4::baseos',
  };
  rpm.tag(rpm.image([{ tar: readFileSync(join(parts, 'rpm-sqlite.tar')) }], { config: { Labels: labels } }), 'v1');

  const alpine = new OciLayout(root, 'alpine');
  const database = (zlib: string): TarEntry => ({ name: 'lib/apk/db/installed', data: apkDatabase(zlib) });
  const base = [osRelease('alpine', '3.12.0'), { name: 'etc/alpine-release', data: '3.12.0\n' }, database('1.2.11-r3')];
  alpine.tag(alpine.image([{ tar: tarOf(base) }, { tar: tarOf([database('1.2.12-r0')]) }]), '3.12');

  const distroless = new OciLayout(root, 'distroless');
  const status = [
    dpkgStatus('libssl1.1', '1.1.1k-1', 'openssl'),
    dpkgStatus('libc6', '2.31-13', 'glibc'),
    dpkgStatus('tzdata', '2021a-1'),
  ];
  distroless.tag(
    distroless.image([{ tar: tarOf([osRelease('debian', '11', 'VERSION_CODENAME=bullseye\n'), ...status]) }]),
    'v1',
  );
}

function apkDatabase(zlib: string): string {
  const packages = [
    ['musl', '1.1.24-r9', 'musl'],
    ['busybox', '1.31.1-r19', 'busybox'],
    ['libcrypto1.1', '1.1.1g-r0', 'openssl'],
    ['libssl1.1', '1.1.1g-r0', 'openssl'],
    ['apk-tools', '2.10.5-r1', 'apk-tools'],
    ['zlib', zlib, 'zlib'],
  ];
  return packages
    .map(
      ([name, version, origin]) =>
        `P:${name}\nV:${version}\nA:x86_64\nS:1000\nI:4096\nL:MIT\no:${origin}\nF:usr/share\nR:${name}\n\n`,
    )
    .join('');
}

function dpkgStatus(name: string, version: string, source?: string): TarEntry {
  const from = source === undefined ? '' : `Source: ${source}\n`;
  const data = `Package: ${name}\n${from}Version: ${version}\nArchitecture: amd64\nStatus: install ok installed\n`;
  return { name: `var/lib/dpkg/status.d/${name}`, data };
}

/** Archives, manifests and tags at the edges of what is allowed. */
export function oddImages(root: string): void {
  const single = (name: string, tag: string, entries: readonly TarEntry[], options = {}) => {
    const layout = new OciLayout(root, name);
    layout.tag(layout.image([{ tar: tarOf(entries) }], options), tag);
  };
  const odd = new OciLayout(root, 'odd-tar');
  const whiteouts = [{ name: '.wh.suid' }, { name: 'd/.wh..wh..opq' }, { name: 'd/new', data: 'n' }];
  odd.tag(odd.image([{ tar: tarOf(ODD_ENTRIES) }, { tar: tarOf(whiteouts) }, { tar: tarOf([]) }]), 'v1');

  const many = new OciLayout(root, 'many-layers');
  const small = Array.from({ length: 126 }, (_, index) => ({
    tar: tarOf([{ name: `l/${index}`, data: String(index) }]),
  }));
  many.tag(many.image([{ tar: tarOf([DEBIAN]) }, ...small]), 'v127');

  const twice = new OciLayout(root, 'same-layer-twice');
  const layer = { tar: tarOf([{ name: 'x', data: 'x' }]) };
  twice.tag(twice.image([layer, layer]), 'v1');

  const annotations = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`org.example.k${index}`, 'v'.repeat(1000)]),
  );
  single('big-manifest', 'v3mb', [DEBIAN], { manifest: { annotations } });

  const tags = new OciLayout(root, 'many-tags');
  for (let index = 0; index < 60; index++) {
    const config = { Labels: { n: String(index) } };
    tags.tag(
      tags.image([{ tar: tarOf([{ name: 't', data: 'shared' }]) }], { config }),
      `t${String(index).padStart(2, '0')}`,
    );
  }

  const expiring = new OciLayout(root, 'expiring');
  for (const after of ['1h', '2w', 'never', 'bogus']) {
    expiring.tag(
      expiring.image([{ tar: tarOf([{ name: 'v', data: after }]) }], {
        config: { Labels: { 'quay.expires-after': after } },
      }),
      after,
    );
  }

  const sha512 = new OciLayout(root, 'sha512-config');
  const { diffId, descriptor } = sha512.layer({ tar: tarOf([DEBIAN]) });
  const config = {
    created: CREATED,
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  sha512.tag(
    sha512.manifest({ config: sha512.blob(json(config), TYPES.config, {}, 'sha512'), layers: [descriptor] }),
    'v1',
  );
}

const ODD_ENTRIES: readonly TarEntry[] = [
  DEBIAN,
  { name: 'd/', type: '5', mode: 0o755 },
  { name: `d/${'n'.repeat(180)}/${'m'.repeat(120)}`, data: 'long' },
  { name: 'ünï/ç☃', data: 'utf8' },
  { name: 'suid', mode: 0o4755, data: 'x' },
  { name: 'linked', data: 'same' },
  { name: 'hard-link', type: '1', link: 'linked' },
  { name: 'link-out-of-the-root', type: '2', link: '../../../../etc/passwd' },
  { name: 'dev/null', type: '3', mode: 0o666, device: [1, 3] },
  { name: 'fifo', type: '6' },
  { name: 'xattr', data: 'x', pax: { 'SCHILY.xattr.user.k': 'v' } },
  { name: 'big-uid', uid: 2_000_000, gid: 2_000_000 },
  { name: 'old', mtime: 1 },
  { name: './dot', data: '.' },
];
