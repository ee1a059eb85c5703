// The API explorer: every operation of this server, from its own description.
import { becomeNobody, describeCaller, openSession, signIn, useToken } from './caller.js';
import { loadOperations } from './description.js';
import { element, methodBadge } from './elements.js';
import { operationView } from './operation-view.js';

const view = document.querySelector('#operation');
const groups = document.querySelector('#groups');
const filter = document.querySelector('#filter');
const count = document.querySelector('#count');
let operations = [];

function list() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = operations.filter((operation) => {
    const text =
      `${operation.method} ${operation.path} ${operation.id} ${operation.summary} ${operation.tag}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const tags = Map.groupBy(shown, ({ tag }) => tag);
  const chosen = location.hash.slice(1);
  groups.replaceChildren(
    ...[...tags].map(([tag, members]) =>
      element(
        'details',
        { open: words.length > 0 || members.some(({ id }) => id === chosen) },
        element('summary', {}, tag, element('span', { class: 'soft' }, ` ${members.length}`)),
        element('ul', {}, ...members.map((operation) => entry(operation, chosen))),
      ),
    ),
  );
  count.textContent = `${shown.length} of ${operations.length} operations`;
}

function entry({ id, method, path, summary }, chosen) {
  return element(
    'li',
    {},
    element(
      'a',
      { href: `#${id}`, 'aria-current': id === chosen ? 'true' : undefined, title: path },
      methodBadge(method),
      element('span', {}, summary, element('code', { class: 'path' }, path.replace('/api/v1', ''))),
    ),
  );
}

function show({ focus }) {
  const chosen = operations.find(({ id }) => id === location.hash.slice(1));
  for (const link of groups.querySelectorAll('a')) {
    if (chosen !== undefined && link.hash === `#${chosen.id}`) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  if (chosen === undefined) view.replaceChildren(...welcome());
  else view.replaceChildren(...operationView(chosen));
  document.title = `${chosen?.summary ?? 'API explorer'} · Gantry`;
  if (focus) view.focus();
}

function welcome() {
  return [
    element('h2', {}, 'Every operation of this server'),
    element('p', {}, 'Choose one to see who may call it, what it takes and what it answers, and to try it.'),
    element(
      'p',
      { class: 'soft' },
      'Calls are real: what changes something, changes it here. Programs use the same addresses with an access token; the descriptions for their generators are ',
      element('code', {}, '/api/v1/openapi.json'),
      ' (OpenAPI 3.1) and ',
      element('code', {}, '/api/v1/discovery'),
      ' (Swagger 2.0).',
    ),
  ];
}

const dialog = document.querySelector('#caller-dialog');
const fault = document.querySelector('#caller-fault');

async function callAs(change) {
  fault.hidden = true;
  const problem = await change();
  fault.textContent = problem ?? '';
  fault.hidden = problem === undefined;
  if (problem !== undefined) return;
  for (const form of dialog.querySelectorAll('form')) form.reset();
  dialog.close();
  await tellCaller();
}

async function tellCaller() {
  document.querySelector('#caller-text').textContent = await describeCaller();
}

document.querySelector('#caller-change').addEventListener('click', () => dialog.showModal());
document.querySelector('#caller-close').addEventListener('click', () => dialog.close());
document.querySelector('#caller-nobody').addEventListener('click', () => void callAs(becomeNobody));
document.querySelector('#token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = new FormData(event.currentTarget).get('token').trim();
  void callAs(async () => useToken(token));
});
document.querySelector('#sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = new FormData(event.currentTarget);
  void callAs(() => signIn(form.get('username'), form.get('password')));
});
filter.addEventListener('input', list);
addEventListener('hashchange', () => {
  if (location.hash !== '#operation') show({ focus: true });
});

try {
  await openSession();
  operations = await loadOperations();
  list();
  show({ focus: false });
  await tellCaller();
} catch (error) {
  view.replaceChildren(element('p', { class: 'fault', role: 'alert' }, error.message));
}
