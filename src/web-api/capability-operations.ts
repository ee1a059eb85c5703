import { answer } from './frame/answer.ts';
import { defineOperation, type Operation } from './frame/operation.ts';

/** Architectures that a mirror can be limited to, in Quay's words. */
const MIRROR_ARCHITECTURES = ['amd64', 'arm64', 'ppc64le', 's390x'];

/** What clients may ask of this registry beyond the protocol. */
export function capabilityOperations(): readonly Operation[] {
  return [
    defineOperation({
      method: 'GET',
      path: '/registry/capabilities',
      id: 'getRegistryCapabilities',
      summary: 'Tell what this registry can do',
      tag: 'capabilities',
      permission: { kind: 'anyone' },
      flags: { anonymousAllowed: true },
      statuses: [200],
      handle: () =>
        Promise.resolve(
          answer({
            // An index is taken only when all that it names is here.
            sparse_manifests: { supported: false, required_architectures: [], optional_architectures_allowed: false },
            mirror_architectures: MIRROR_ARCHITECTURES,
          }),
        ),
    }),
  ];
}
