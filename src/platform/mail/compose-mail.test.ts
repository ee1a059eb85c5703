import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composeMail, escapeHtml } from './compose-mail.ts';

const LINK = { label: 'Confirm', url: 'https://registry.test/confirm?code=a-b&x=1' };

test('a letter has the same words in both forms', () => {
  const letter = {
    to: 'ada@example.org',
    subject: 'Hello',
    paragraphs: ['Dear <ada> & "co",'],
    link: LINK,
    closing: ['Bye.'],
  };
  const { subject, text, html } = composeMail('Gantry', letter);
  expect(subject).toBe('Hello');
  expect(text).toBe(
    'Dear <ada> & "co",\n\nConfirm:\nhttps://registry.test/confirm?code=a-b&x=1\n\nBye.\n\n-- \nThis mail was sent by Gantry.\n',
  );
  expect(html).toContain('Dear &lt;ada&gt; &amp; &quot;co&quot;,');
  expect(html).toContain('href="https://registry.test/confirm?code=a-b&amp;x=1"');
});

test('no text of a letter makes an element, an attribute or a line', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '\r', '\n', '\u2028', 'a', ' ') }),
  );
  fc.assert(
    fc.property(text, text, text, (title, subject, words) => {
      const letter = { to: 'a@b', subject, paragraphs: [words], link: { ...LINK, label: words }, closing: [words] };
      const mail = composeMail(title, letter);
      const empty = composeMail('', {
        to: 'a@b',
        subject: '',
        paragraphs: [''],
        link: { ...LINK, label: '' },
        closing: [''],
      });
      const tags = (html: string) => html.match(/<[^>]*>/g);
      expect(tags(mail.html)).toEqual(tags(empty.html));
      expect(mail.subject).not.toMatch(/[\r\n\u2028\u2029]/);
      expect(mail.text.split('\n')).toHaveLength(empty.text.split('\n').length);
    }),
  );
});

test('a link leads to a page and nowhere else', () => {
  const letter = { to: 'a@b', subject: '', paragraphs: [], link: { label: 'x', url: 'javascript:alert(1)' } };
  expect(() => composeMail('Gantry', letter)).toThrow('javascript:');
});

test('escaped text stands for itself', () => {
  expect(escapeHtml(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
});
