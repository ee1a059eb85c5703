import type { ServerResponse } from 'node:http';
import type { ScopeDescription } from '../../identity/index.ts';

/** A finished piece of HTML; everything else is escaped when it is put into one. */
export interface Html {
  readonly html: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Makes HTML from a template: pieces stay as they are, texts are escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const pieces = values.map((value) => {
    if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (letter) => ESCAPES[letter] ?? '');
    return 'html' in value ? value.html : value.map((piece) => piece.html).join('');
  });
  return { html: parts.reduce((text, part, index) => text + (pieces[index - 1] ?? '') + part) };
}

export interface Page {
  readonly status: number;
  readonly title: string;
  readonly content: Html;
  /** Origins besides our own that a form may end at, by a redirect too. */
  readonly formTargets?: readonly string[];
  /** Address of the one script of the page. */
  readonly script?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a page that no other page can frame, that runs nothing inline, and that nobody keeps. */
export function sendPage(res: ServerResponse, page: Page, withBody: boolean): void {
  const { title, content, script, formTargets = [] } = page;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/gantry.css" />
        ${script === undefined ? '' : html`<script src="${script}" defer></script>`}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `;
  const bytes = Buffer.from(document.html);
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `script-src ${script === undefined ? "'none'" : "'self'"}`,
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  res.writeHead(page.status, {
    ...page.headers,
    ...PAGE_HEADERS,
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': bytes.length,
    'Content-Security-Policy': policy.join('; '),
    'X-Frame-Options': 'DENY',
  });
  res.end(withBody ? bytes : undefined);
}

/** Of every answer below `/oauth`: none may be kept, and no address with a code in it may be told to others. */
export const PAGE_HEADERS = {
  'Cache-Control': 'no-store',
  Pragma: 'no-cache',
  'Referrer-Policy': 'no-referrer',
} as const;

export function messagePage(status: number, title: string, message: string): Page {
  return { status, title, content: html`<p class="lead">${message}</p>` };
}

export interface Consent {
  readonly user: string;
  readonly application: string;
  readonly organization: string;
  readonly description: string;
  readonly redirectUri: string;
  readonly scopes: readonly ScopeDescription[];
  /** Everything that goes back to us with the user's answer. */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** Asks the user whether the application may act for him. */
export function consentPage(consent: Consent): Page {
  const { user, application, organization, description, redirectUri, scopes } = consent;
  const hidden = Object.entries(consent.fields).flatMap(([name, value]) =>
    value === undefined ? [] : [html`<input type="hidden" name="${name}" value="${value}" />`],
  );
  const target = new URL(redirectUri).origin;
  const items = scopes.map(
    (scope) =>
      html`<li>
        <strong>${scope.title}</strong>${scope.dangerous ? html` <em>(powerful: trust it fully)</em>` : ''}<br />
        ${scope.description} <code>${scope.scope}</code>
      </li>`,
  );
  return {
    status: 200,
    title: `Authorize ${application}?`,
    formTargets: [target],
    content: html`
      <p class="lead">
        The application <strong>${application}</strong> of the organization <strong>${organization}</strong> asks to act
        for you, <strong>${user}</strong>. It could then:
      </p>
      <ul>
        ${items}
      </ul>
      ${description === '' ? '' : html`<p>About it: ${description}</p>`}
      <p>
        The answer goes to <code>${redirectUri}</code>. You can take this back at any time in your account settings.
      </p>
      <form method="post" action="/oauth/authorizeapp">
        ${hidden}
        <button type="submit">Authorize</button>
        <button type="submit" formaction="/oauth/denyapp">Cancel</button>
      </form>
    `,
  };
}

/** Shows the token that the fragment of the address holds, which no server sees. */
export function tokenPage(): Page {
  return {
    status: 200,
    title: 'Your token',
    script: '/static/show-token.js',
    content: html`
      <p class="lead" data-token-text>
        The token stands in the address of this page, after <code>access_token=</code>. Copy it now: it cannot be shown
        again.
      </p>
      <pre tabindex="0" aria-label="The token" hidden><code data-token></code></pre>
      <p>
        Programs send it as <code>Authorization: Bearer …</code>; for <code>docker login</code> it is the password of
        the user name <code>$oauthtoken</code>.
      </p>
    `,
  };
}
