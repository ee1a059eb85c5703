import { join } from 'node:path';
import { readSmallFile } from './read-pem.ts';

/** Names in the configuration directory, as in Quay. */
export const CERTIFICATE_FILE = 'ssl.cert';
export const KEY_FILE = 'ssl.key';

/** What the two files of a server's certificate hold; not checked yet. */
export interface CertificateFiles {
  readonly certificate: { readonly path: string; readonly text: string };
  readonly key: { readonly path: string; readonly text: string };
}

/**
 * Reads `ssl.cert` and `ssl.key`; undefined when neither is there.
 * @throws Error naming the one that is missing or cannot be read.
 */
export async function readCertificateFiles(directory: string): Promise<CertificateFiles | undefined> {
  const paths = { certificate: join(directory, CERTIFICATE_FILE), key: join(directory, KEY_FILE) };
  const [certificate, key] = await Promise.all([readSmallFile(paths.certificate), readSmallFile(paths.key)]);
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    const [there, missing] =
      certificate === undefined ? [paths.key, paths.certificate] : [paths.certificate, paths.key];
    throw new Error(`There is "${there}" but not "${missing}"; TLS needs both. Add the other, or remove this one`);
  }
  return {
    // Latin-1 keeps every byte, so that binary files can be told apart too.
    certificate: { path: paths.certificate, text: certificate.toString('latin1') },
    key: { path: paths.key, text: key.toString('latin1') },
  };
}
