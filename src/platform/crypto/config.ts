import { defineConfig, secret } from '../config/index.ts';

export const cryptoConfig = defineConfig({
  DATABASE_SECRET_KEY: {
    schema: secret(),
    description:
      'Encrypts secret columns; without it backups cannot be read. Default: the file secret.key in the data directory, made at the first start',
  },
});
