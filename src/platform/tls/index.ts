export { type CertificateFinding, type CertificateUse, checkCertificate } from './check-certificate.ts';
export { tlsConfig, tlsParameters } from './config.ts';
export { type CertificateAndKey, createAuthority, createServerCertificate } from './create-certificate.ts';
export { type CertificateFiles, readCertificateFiles } from './read-certificate-files.ts';
export { openServerCertificate, type ServerCertificate } from './serve-certificate.ts';
export { trustAuthorities, type TrustedAuthorities } from './trust-authorities.ts';
export { type CertificateOrder, writeCertificates, type WrittenCertificates } from './write-certificates.ts';
