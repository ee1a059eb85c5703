/** What a mail says, as data: {@link composeMail} gives every mail the same form, and escapes what has to be. */
export interface Letter {
  /** One address. */
  readonly to: string;
  readonly subject: string;
  /** Plain texts. */
  readonly paragraphs: readonly string[];
  /** An address of the registry to go to, http or https. */
  readonly link?: { readonly label: string; readonly url: string };
  /** Plain texts after the link. */
  readonly closing?: readonly string[];
}

export interface ComposedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const SUBJECT_MAX = 200;
const PARAGRAPH_MAX = 2000;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Makes the plain and the HTML form of a mail. Control characters become spaces and overlong texts are cut, so nothing in a letter
 * can add a header, a line or an element. @param title REGISTRY_TITLE, which stands above and below.
 * Throws when the link is of another scheme than http and https.
 */
export function composeMail(title: string, letter: Letter): ComposedMail {
  const name = plain(title, SUBJECT_MAX);
  const paragraphs = letter.paragraphs.map((text) => plain(text, PARAGRAPH_MAX));
  const closing = (letter.closing ?? []).map((text) => plain(text, PARAGRAPH_MAX));
  const link = letter.link && { label: plain(letter.link.label, SUBJECT_MAX), url: safeUrl(letter.link.url) };
  const footer = `This mail was sent by ${name}.`;
  const text = [
    ...paragraphs,
    ...(link === undefined ? [] : [`${link.label}:\n${link.url}`]),
    ...closing,
    `-- \n${footer}`,
  ];
  return {
    subject: plain(letter.subject, SUBJECT_MAX),
    text: `${text.join('\n\n')}\n`,
    html: page(name, [
      ...paragraphs.map(paragraph),
      ...(link === undefined ? [] : [button(link), paragraph(`Or open this address: ${link.url}`)]),
      ...closing.map(paragraph),
      `<p style="color:#5b6470;font-size:13px;margin:24px 0 0">${escapeHtml(footer)}</p>`,
    ]),
  };
}

/** Text that stands for itself in HTML, inside elements and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

function plain(text: string, maximum: number): string {
  // Also the line and paragraph separators, and what turns the direction of text around.
  const clean = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu, ' ').trim();
  return clean.length > maximum ? `${clean.slice(0, maximum)}…` : clean;
}

function safeUrl(text: string): string {
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error(`No link of a mail leads to ${url.protocol}`);
  return url.href;
}

function paragraph(text: string): string {
  return `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`;
}

function button({ label, url }: { readonly label: string; readonly url: string }): string {
  const style =
    'display:inline-block;padding:10px 18px;border-radius:6px;background:#1f6fb2;color:#ffffff;text-decoration:none';
  return `<p style="margin:24px 0"><a href="${escapeHtml(url)}" style="${style}">${escapeHtml(label)}</a></p>`;
}

function page(title: string, parts: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<title>${escapeHtml(title)}</title></head>`,
    '<body style="margin:0;padding:24px;background:#f4f5f7;color:#1b1f24;font:16px/1.5 system-ui,sans-serif">',
    '<div style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:8px;overflow-wrap:anywhere">',
    `<p style="margin:0 0 24px;font-weight:600;font-size:18px">${escapeHtml(title)}</p>`,
    ...parts,
    '</div></body></html>',
  ].join('\n');
}
