import type { ConfigRule } from '../platform/config/index.ts';
import type { httpConfig } from '../platform/http/index.ts';
import type { mailConfig } from '../platform/mail/index.ts';

/** Without a configured name a link would lead wherever the request that caused the mail said. */
export const mailHostRule: ConfigRule<typeof mailConfig & typeof httpConfig> = {
  key: 'MAIL_SERVER',
  check: (values) =>
    !values.FEATURE_MAILING || (values.MAIL_SERVER ?? '') === '' || values.SERVER_HOSTNAME !== undefined
      ? undefined
      : 'Links in mails lead to SERVER_HOSTNAME; set it, or FEATURE_MAILING: false',
};
