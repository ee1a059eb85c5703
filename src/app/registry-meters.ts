import type { Count, Metrics } from '../platform/metrics/index.ts';
import type { RegistryMeters } from '../registry/index.ts';

/** The types of manifests that have a series of their own; clients may name anything. */
const MEDIA_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'other',
] as const;
const PUSH_STATUSES = ['201', '400', '403', '413', '415', '503', '507', 'other'] as const;
const PROTOCOL = ['v2'] as const;
const V2 = { protocol: 'v2' } as const;

/** Counts pulls and pushes under Quay's names. */
export function createRegistryMeters(metrics: Metrics): RegistryMeters {
  const pulls = metrics.counter({
    name: 'registry_image_pulls_total',
    help: 'Manifests asked for with GET, by tag or by digest (ref="manifest")',
    labels: { protocol: PROTOCOL, ref: ['tag', 'manifest'], status: ['200', '304', '404'] },
  });
  const pushes = metrics.counter({
    name: 'registry_image_pushes_total',
    help: 'Manifests pushed, accepted (201) or not, by what they are',
    labels: { protocol: PROTOCOL, status: PUSH_STATUSES, media_type: MEDIA_TYPES },
  });
  const pulledBytes = metrics.counter({
    name: 'registry_image_pulled_estimated_bytes_total',
    help: 'Bytes of manifests and blobs in answers that were sent whole',
    labels: { protocol: PROTOCOL },
  })(V2);
  const pushedBytes = metrics.counter({
    name: 'registry_image_pushed_bytes_total',
    help: 'Bytes of manifests and blobs that were stored',
    labels: { protocol: PROTOCOL },
  })(V2);
  const tokens = metrics.counter({
    name: 'bearer_token_decoded_total',
    help: 'Registry tokens presented, and whether they were good',
    labels: { success: ['True', 'False'] },
  });
  const goodToken = tokens({ success: 'True' });
  const badToken = tokens({ success: 'False' });
  const pullsOf = (ref: 'tag' | 'manifest'): Readonly<Record<200 | 304 | 404, Count>> => ({
    200: pulls({ ...V2, ref, status: '200' }),
    304: pulls({ ...V2, ref, status: '304' }),
    404: pulls({ ...V2, ref, status: '404' }),
  });
  const pullCounts = { tag: pullsOf('tag'), manifest: pullsOf('manifest') };

  return {
    pulled: (by, status) => pullCounts[by][status].add(),
    pushed(status, mediaType) {
      const type = mediaType?.split(';')[0]?.trim();
      pushes({
        ...V2,
        status: PUSH_STATUSES.find((one) => one === String(status)) ?? 'other',
        media_type: MEDIA_TYPES.find((one) => one === type) ?? 'other',
      }).add();
    },
    sent: (bytes) => pulledBytes.add(bytes),
    received: (bytes) => pushedBytes.add(bytes),
    tokenRead: (good) => (good ? goodToken : badToken).add(),
  };
}
