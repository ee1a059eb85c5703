import { createAuthority, createServerCertificate } from '../../src/platform/tls/index.ts';

/** An own authority and a server certificate, in PEM. */
export interface TestCertificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** @param life from when, and for how many days. */
export function makeCertificates(
  hosts: readonly string[] = ['127.0.0.1', 'localhost'],
  life: { readonly now?: number; readonly days?: number } = {},
): TestCertificates {
  const { now = Date.now(), days = 90 } = life;
  const authority = createAuthority('Test authority', { now: Math.min(now, Date.now() - DAY_MS), days: 3650 });
  const { certificate, key } = createServerCertificate(hosts, authority, { now, days });
  return { authority: authority.certificate, certificate, key };
}
