import { z } from 'zod';

/** libpq's `sslmode`, the least first. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

const fileName = z.string().min(1).max(4096);
/** YAML and query strings write the same flag in different ways. */
const flag = z
  .union([z.boolean(), z.literal([0, 1, '0', '1', 'true', 'false'])], { error: 'write 1 or 0' })
  .transform((value) => value === true || value === 1 || value === '1' || value === 'true');
const seconds = z.coerce.number().int().min(0).max(86_400);
const tlsVersion = z.enum(['TLSv1.2', 'TLSv1.3'], { error: 'write TLSv1.2 or TLSv1.3; older ones are not spoken' });

/** Names of libpq and of Quay's driver that are taken, but have no effect: what they ask for is so anyway, or not to be had. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'threadlocals',
  'autorollback',
  'stale_timeout',
  'timeout',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'client_encoding',
  'fallback_application_name',
  'sslcompression',
  'sslsni',
  'sslpassword',
]);

/** Values of names about encryption and choice of the server that ask for no more than what is done. */
const HARMLESS: Readonly<Record<string, readonly string[]>> = {
  gssencmode: ['disable', 'prefer'],
  channel_binding: ['disable', 'prefer'],
  sslnegotiation: ['postgres'],
  target_session_attrs: ['any'],
  requiressl: ['0'],
};

/**
 * How the database is connected to: `DB_CONNECTION_ARGS`, and the query parameters of `DB_URI`. Names and meaning are
 * libpq's, and Quay's `ssl` object.
 */
export const connectionArgs = z
  .object({
    sslmode: z.enum(SSL_MODES, { error: `write one of ${SSL_MODES.join(', ')}` }),
    sslrootcert: fileName,
    sslcert: fileName,
    sslkey: fileName,
    sslcrl: fileName,
    ssl_min_protocol_version: tlsVersion,
    ssl_max_protocol_version: tlsVersion,
    ssl: z.union([
      flag,
      z.strictObject({
        ca: fileName.optional(),
        cert: fileName.optional(),
        key: fileName.optional(),
        rejectUnauthorized: flag.optional(),
        check_hostname: flag.optional(),
      }),
    ]),
    keepalives: flag,
    keepalives_idle: seconds,
    connect_timeout: seconds,
    max_connections: z.coerce.number().int().min(1).max(1000),
    application_name: z.string().max(63),
    options: z.string().max(1000),
    host: z.string().max(255),
    port: z.coerce.number().int().min(1).max(65_535),
  })
  .partial()
  .catchall(z.unknown())
  .superRefine((given, context) => {
    for (const [name, value] of Object.entries(given)) {
      if (Object.hasOwn(connectionArgs.shape, name) || WITHOUT_EFFECT.has(name)) continue;
      if (Object.hasOwn(HARMLESS, name) && HARMLESS[name]?.includes(String(value)) === true) continue;
      const message = `"${name.slice(0, 60)}" is not understood with this value; remove it, or check its spelling`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

export type ConnectionArgs = z.output<typeof connectionArgs>;
