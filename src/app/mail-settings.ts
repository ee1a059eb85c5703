import type { mailConfig, MailServer, MailSettings } from '../platform/mail/index.ts';
import type { AppConfig } from './config.ts';

const HOST_AND_PORT = /^([\w.-]+?)(?::\d+)?$/;

/** Mail is off until a server is named. */
export function toMailSettings(
  config: Pick<AppConfig, keyof typeof mailConfig | 'SERVER_HOSTNAME' | 'REGISTRY_TITLE'>,
): MailSettings {
  return { server: mailServer(config), title: config.REGISTRY_TITLE };
}

function mailServer(config: Pick<AppConfig, keyof typeof mailConfig | 'SERVER_HOSTNAME'>): MailServer | undefined {
  const { MAIL_SERVER: host = '', MAIL_USERNAME: user = '', MAIL_PASSWORD: password } = config;
  if (!config.FEATURE_MAILING || host === '') return undefined;
  const domain = HOST_AND_PORT.exec(config.SERVER_HOSTNAME ?? '')?.[1] ?? 'localhost';
  return {
    host,
    port: config.MAIL_PORT,
    startTls: config.MAIL_USE_TLS,
    credentials: user === '' || password === undefined ? undefined : { user, password },
    sender: config.MAIL_DEFAULT_SENDER ?? `noreply@${domain}`,
  };
}
