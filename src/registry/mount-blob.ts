import { decide, ensureRepository, listRepositories, repositoryHoldsBlob, resolveAccess } from '../catalog/index.ts';
import type { HeldBlob } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import { renewLease } from '../storage/index.ts';
import { coveredByToken } from './authenticate-request.ts';
import type { Caller } from './authenticate-request.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';

/** Repositories that are looked into for a mount without a source: two point reads each. */
const SOURCES_MAX = 50;

/**
 * Makes a blob that the caller may read elsewhere readable in this repository, without its bytes being sent
 * (distribution-spec "Mounting a blob from another repository"). Returns false when that cannot be: the client then uploads,
 * and does not learn whether the other repository or the blob exists.
 */
export async function mountBlob(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  settings: Pick<RegistrySettings, 'libraryNamespace' | 'pushLeaseMs'>,
  caller: Caller,
  address: RepositoryAddress,
  wanted: { readonly digest: Digest; readonly from: string | null; readonly clientAddress: string },
): Promise<boolean> {
  const source = await findSource(ports, settings, caller, address, wanted.digest, wanted.from);
  if (source === undefined) return false;
  const { id } = await ports.db.transaction((tx) =>
    ensureRepository(tx, ports.policy, caller.actor, address.name, wanted.clientAddress),
  );
  // False when the blob has been collected since: then there is nothing to mount any more.
  return renewLease(ports.db, { repositoryId: id, blobId: source.blobId, forMs: settings.pushLeaseMs });
}

async function findSource(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  settings: Pick<RegistrySettings, 'libraryNamespace'>,
  caller: Caller,
  address: RepositoryAddress,
  digest: Digest,
  from: string | null,
): Promise<HeldBlob | undefined> {
  if (from !== null) {
    const name = parseRepositoryName(from, settings.libraryNamespace);
    return name === undefined ? undefined : readableBlob(ports, caller, name, digest);
  }
  for (const name of await likelySources(ports, caller, address)) {
    const blob = await readableBlob(ports, caller, name, digest);
    if (blob !== undefined) return blob;
  }
  return undefined;
}

/** Where to look when the client names no source: the repository itself, then what the caller may read, up to a bound. */
async function likelySources(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  caller: Caller,
  address: RepositoryAddress,
): Promise<Iterable<RepositoryName>> {
  const readable =
    caller.bound === undefined
      ? await listRepositories(ports.db, ports.policy, caller.actor, { limit: SOURCES_MAX })
      : caller.bound.map((entry) => parseRepositoryName(entry.name)).filter((name) => name !== undefined);
  return new Set([address.name, ...readable.slice(0, SOURCES_MAX)]);
}

async function readableBlob(
  ports: Pick<RegistryPorts, 'db' | 'policy'>,
  caller: Caller,
  name: RepositoryName,
  digest: Digest,
): Promise<HeldBlob | undefined> {
  if (!coveredByToken(caller, name, 'pull')) return undefined;
  const access = await resolveAccess(ports.db, ports.policy, caller.actor, name);
  if (access.repository === undefined || decide(access, 'pull') !== 'allowed') return undefined;
  return repositoryHoldsBlob(ports.db, access.repository.id, digest);
}
