import { decide, ensureRepository, repositoryHoldsBlob, resolveAccess } from '../catalog/index.ts';
import type { HeldBlob } from '../catalog/index.ts';
import type { Digest } from '../kernel/digest.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import { renewLease } from '../storage/index.ts';
import { coveredByToken } from './authenticate-request.ts';
import type { Caller } from './authenticate-request.ts';
import type { RegistryPorts, RegistrySettings } from './ports.ts';
import type { RepositoryAddress } from './route.ts';

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
  digest: Digest,
  from: string | null,
): Promise<boolean> {
  const source = await findSource(ports, settings, caller, address, digest, from);
  if (source === undefined) return false;
  const { id } = await ports.db.transaction((tx) => ensureRepository(tx, ports.policy, caller.actor, address.name));
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
  // Without "from" the repository itself may still have it.
  const name = from === null ? address.name : parseRepositoryName(from, settings.libraryNamespace);
  if (name === undefined || !coveredByToken(caller, name, 'pull')) return undefined;
  const access = await resolveAccess(ports.db, ports.policy, caller.actor, name);
  if (access.repository === undefined || decide(access, 'pull') !== 'allowed') return undefined;
  return repositoryHoldsBlob(ports.db, access.repository.id, digest);
}
