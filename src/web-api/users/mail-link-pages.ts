import { hash } from 'node:crypto';
import { acceptTeamInvite, auditActor } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { type RequestContext, type RequestHandler, readBody } from '../../platform/http/index.ts';
import { escapeHtml } from '../../platform/mail/index.ts';
import type { WebApiPorts } from '../ports.ts';

/** Longest form that is read, in bytes. */
const FORM_MAX = 16 * 1024;
const CODE_MAX = 200;
const FORM_TYPE = /^application\/x-www-form-urlencoded *(?:;|$)/i;

const STYLE = `body{margin:0;padding:24px;background:#f4f5f7;color:#1b1f24;font:16px/1.5 system-ui,sans-serif}
main{max-width:440px;margin:10vh auto 0;padding:32px;background:#fff;border-radius:8px;overflow-wrap:anywhere}
h1{margin:0 0 16px;font-size:22px}label{display:block;margin:0 0 6px;font-weight:600}
input{box-sizing:border-box;width:100%;padding:10px;border:1px solid #6b7280;border-radius:6px;font:inherit}
button{margin-top:16px;padding:10px 18px;border:0;border-radius:6px;background:#1f6fb2;color:#fff;font:inherit;cursor:pointer}
[role=alert]{color:#b0413e}`;

/** Where the links of mails lead: pages that work without scripts. */
export interface MailLinkPages {
  /** `/confirm?code=` */
  readonly confirm: RequestHandler;
  /** `/recovery?code=` */
  readonly recovery: RequestHandler;
  /** `/confirminvite?code=`; who accepts proves by his password who he is. */
  readonly invite: RequestHandler;
}

/**
 * The pages behind the links in mails. Opening one changes nothing, for programs that look for malware in mails open every link; what
 * the code allows is done when its form is sent. Nobody is signed in by a link, so none can put somebody into a foreign account.
 */
export function createMailLinkPages({
  db,
  users,
  title,
  rules,
  checkPassword,
  featuresOff,
}: Pick<WebApiPorts, 'db' | 'users' | 'title' | 'rules' | 'checkPassword' | 'featuresOff'>): MailLinkPages {
  const styleHash = `'sha256-${hash('sha256', STYLE, 'base64')}'`;
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': `default-src 'none'; style-src ${styleHash}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  };
  const send = ({ res, method }: RequestContext, status: number, heading: string, content: string): void => {
    const bytes = Buffer.from(page(title, heading, content));
    res.writeHead(status, { ...headers, 'Content-Length': bytes.length });
    res.end(method === 'HEAD' ? undefined : bytes);
  };
  const refuse = (context: RequestContext, again: string): void =>
    send(
      context,
      400,
      'This link does not work',
      `<p>It was used already, or is too old. ${escapeHtml(again)}</p>${home()}`,
    );

  return {
    async confirm(context) {
      const form = await readForm(context, '/confirm', rules.readOnly);
      const heading = 'Confirm your e-mail address';
      if (form.kind === 'shown') {
        send(context, 200, heading, codeForm('/confirm', form.code, '', 'Confirm the address'));
        return;
      }
      const confirmed = await users.confirm(form.fields.get('code') ?? '', context.origin);
      if (confirmed === undefined) refuse(context, 'Sign in, and another mail is sent.');
      else if (confirmed === 'taken') {
        send(context, 400, heading, `<p>The address has become that of another account meanwhile.</p>${home()}`);
      } else {
        const name = escapeHtml(confirmed.name);
        send(context, 200, 'Your e-mail address is confirmed', `<p>You can sign in as “${name}” now.</p>${home()}`);
      }
    },
    async recovery(context) {
      const form = await readForm(context, '/recovery', rules.readOnly);
      const again = 'Ask for another one.';
      if (form.kind === 'shown') {
        const works = await users.confirmations.mayRecover(form.code);
        if (works) send(context, 200, 'Set a new password', passwordForm(form.code));
        else refuse(context, again);
        return;
      }
      const code = form.fields.get('code') ?? '';
      const done = await users.recovery.finish(code, form.fields.get('password') ?? '', context);
      if (done.kind === 'refused') refuse(context, again);
      else if (done.kind === 'fault') send(context, 400, 'Set a new password', passwordForm(code, done.fault));
      else send(context, 200, 'Your password is set', `<p>You can sign in with it now.</p>${home()}`);
    },
    async invite(context) {
      const form = await readForm(context, '/confirminvite', rules.readOnly);
      const heading = 'Join the team';
      if (featuresOff.has('FEATURE_DIRECT_LOGIN')) {
        send(context, 200, heading, `<p>Sign in to the registry, and accept the invitation there.</p>${home()}`);
        return;
      }
      if (form.kind === 'shown') {
        send(context, 200, heading, acceptForm(form.code));
        return;
      }
      const [code, name, password] = ['code', 'username', 'password'].map((field) => form.fields.get(field) ?? '');
      const outcome = await checkPassword(
        (name ?? '').slice(0, 255),
        (password ?? '').slice(0, 1024),
        context.clientAddress,
      );
      if (outcome.kind !== 'right') {
        const fault =
          outcome.kind === 'unverified'
            ? 'Confirm your e-mail address first, by the link in the mail about it'
            : 'The user name or the password is wrong';
        send(context, 403, heading, acceptForm(code ?? '', fault));
        return;
      }
      const by = { actor: auditActor(outcome.user), clientAddress: context.clientAddress };
      const accepted = await db.transaction((tx) => acceptTeamInvite(tx, code ?? '', outcome.user, by));
      if (accepted === undefined) refuse(context, 'Ask whoever invited you for another one.');
      else {
        const team = `“${escapeHtml(accepted.team)}” of “${escapeHtml(accepted.organization)}”`;
        send(context, 200, 'You are in the team', `<p>It is the team ${team}.</p>${home()}`);
      }
    },
  };
}

type Form =
  | { readonly kind: 'shown'; readonly code: string }
  | { readonly kind: 'sent'; readonly fields: URLSearchParams };

/** Errors: NOT_FOUND, UNSUPPORTED, INVALID_REQUEST; DATABASE_READ_ONLY in a registry where nothing can be changed. */
async function readForm(context: RequestContext, path: string, readOnly: boolean): Promise<Form> {
  const { method } = context;
  if (context.path !== path) throw new AppError('NOT_FOUND', 'There is no such page');
  if (method === 'GET' || method === 'HEAD') {
    return { kind: 'shown', code: (new URLSearchParams(context.query).get('code') ?? '').slice(0, CODE_MAX) };
  }
  if (method !== 'POST') {
    throw new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use GET or POST`, {
      headers: { Allow: 'GET, HEAD, POST' },
    });
  }
  if (readOnly) throw new AppError('DATABASE_READ_ONLY', 'The registry is in read-only mode; try again later');
  if (!FORM_TYPE.test(context.req.headers['content-type'] ?? '')) {
    throw new AppError('INVALID_REQUEST', 'Send the form of this page');
  }
  const body = await readBody(
    context,
    FORM_MAX,
    () => new AppError('INVALID_REQUEST', `A form may have ${FORM_MAX} bytes`),
  );
  return { kind: 'sent', fields: new URLSearchParams(body.toString('utf8')) };
}

function passwordForm(code: string, fault?: string): string {
  const alert = fault === undefined ? '' : `<p role="alert">${escapeHtml(fault)}</p>`;
  const field =
    '<label for="password">New password</label><input id="password" name="password" type="password" autocomplete="new-password" minlength="8" maxlength="1024" required autofocus>';
  return codeForm('/recovery', code, alert + field, 'Set the password');
}

function acceptForm(code: string, fault?: string): string {
  const alert = fault === undefined ? '' : `<p role="alert">${escapeHtml(fault)}</p>`;
  const fields =
    '<label for="username">User name</label><input id="username" name="username" autocomplete="username" maxlength="255" required autofocus><p></p><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required>';
  return codeForm('/confirminvite', code, alert + fields, 'Accept the invitation');
}

function codeForm(action: string, code: string, fields: string, label: string): string {
  return `<form method="post" action="${action}"><input type="hidden" name="code" value="${escapeHtml(code)}">${fields}<button>${label}</button></form>`;
}

function home(): string {
  return '<p><a href="/">Go to the registry</a></p>';
}

function page(title: string, heading: string, content: string): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<title>${escapeHtml(`${heading} – ${title}`)}</title><style>${STYLE}</style></head>`,
    `<body><main><h1>${escapeHtml(heading)}</h1>${content}</main></body></html>`,
  ].join('\n');
}
