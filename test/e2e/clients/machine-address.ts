import { networkInterfaces } from 'node:os';

/**
 * An address of this machine that is not a loopback one, where there is any: docker checks no certificates of registries in
 * 127.0.0.0/8.
 */
export function machineAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
