export { escapeHtml } from './compose-mail.ts';
export type { Letter } from './compose-mail.ts';
export { mailConfig, mailRules } from './config.ts';
export type { MailServer } from './config.ts';
export { createMailer } from './mailer.ts';
export type { Mailer, MailerPorts, MailSettings } from './mailer.ts';
export { createSmtpClient } from './smtp.ts';
