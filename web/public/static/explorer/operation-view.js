import { credentials, credentialsForCurl, takeNextCsrf } from './caller.js';
import { answerSchema, bodySchema, exampleOf, typeOf } from './description.js';
import { element, methodBadge } from './elements.js';

const ANSWER_MAX = 200_000;

/** Everything about one operation, with a form to call it. */
export function operationView(operation) {
  const { spec, parameters } = operation;
  const body = bodySchema(operation);
  const form = element('form', { class: 'call', onsubmit: (event) => void call(event, operation, result) });
  const result = element('section', { class: 'result', 'aria-label': 'Answer', hidden: true });
  if (parameters.length > 0)
    form.append(element('fieldset', {}, element('legend', {}, 'Parameters'), ...parameters.map(parameterField)));
  if (body !== undefined) form.append(bodyField(body, spec.requestBody.required));
  const changes = operation.method !== 'GET';
  form.append(
    element(
      'p',
      { class: 'actions' },
      element(
        'button',
        { type: 'submit', class: changes ? 'primary changing' : 'primary' },
        `Send ${operation.method}`,
      ),
      changes ? element('span', { class: 'soft' }, 'This changes the registry.') : null,
    ),
  );
  return [
    element('h2', {}, operation.summary),
    element(
      'p',
      { class: 'address' },
      methodBadge(operation.method),
      element('code', {}, ...breakable(operation.path)),
    ),
    facts(operation),
    form,
    result,
    ...schemaSections(operation, body),
  ];
}

/** Long addresses may break behind a slash. */
function breakable(path) {
  return path.split(/(?<=\/)/).flatMap((part) => [part, element('wbr')]);
}

function facts({ id, spec }) {
  const rows = [
    ['Operation', element('code', {}, id)],
    ['Who may', spec['x-permission']],
    ['Scope of a token', spec['x-scope'] === undefined ? 'Any' : element('code', {}, spec['x-scope'])],
    spec['x-requires-fresh-login'] ? ['Session', 'The password must have been given a short while ago'] : undefined,
    spec['x-features'] ? ['Exists with', element('code', {}, spec['x-features'].join(', '))] : undefined,
    spec['x-internal'] ? ['Meant for', 'The web pages; it may change'] : undefined,
    spec.deprecated ? ['Deprecated', 'It will go; use another'] : undefined,
    ['Answers', Object.keys(spec.responses).join(', ')],
  ].filter((row) => row !== undefined);
  return element(
    'dl',
    { class: 'facts' },
    ...rows.flatMap(([term, what]) => [element('dt', {}, term), element('dd', {}, what)]),
  );
}

function parameterField({ name, in: place, required, schema, description }) {
  const id = `parameter-${name}`;
  const hint = [place === 'path' ? 'in the path' : typeOf(schema), description].filter(Boolean).join(' · ');
  const field =
    schema.type === 'boolean'
      ? element(
          'select',
          { id, name, 'data-in': place },
          ...['', 'true', 'false'].map((value) => element('option', { value }, value || '(not sent)')),
        )
      : element('input', {
          id,
          name,
          'data-in': place,
          required,
          inputmode: schema.type === 'integer' ? 'numeric' : undefined,
          placeholder: schema.default,
          autocomplete: 'off',
          spellcheck: 'false',
          'aria-describedby': `${id}-hint`,
        });
  return element(
    'div',
    { class: 'field' },
    element(
      'label',
      { for: id },
      element('code', {}, name),
      required ? null : element('span', { class: 'soft' }, ' optional'),
    ),
    field,
    element('span', { class: 'soft', id: `${id}-hint` }, hint),
  );
}

function bodyField(schema, required) {
  const example = required ? JSON.stringify(exampleOf(schema), null, 2) : '';
  const area = element('textarea', {
    id: 'body',
    name: 'body',
    rows: Math.max(4, example.split('\n').length + 1),
    spellcheck: 'false',
  });
  area.value = example;
  return element(
    'fieldset',
    {},
    element('legend', {}, 'Body'),
    element('label', { for: 'body', class: 'soft' }, required ? 'JSON' : 'JSON, may be left empty'),
    area,
  );
}

function schemaSections(operation, body) {
  return [
    ['Members of the body', body],
    ['Schema of the answer', answerSchema(operation)],
  ]
    .filter(([, schema]) => schema !== undefined)
    .map(([title, schema]) =>
      element('details', { class: 'schema' }, element('summary', {}, title), schemaTable(schema)),
    );
}

function schemaTable(schema) {
  if (schema.properties === undefined) return element('pre', { tabindex: '0' }, JSON.stringify(schema, null, 2));
  const rows = Object.entries(schema.properties).map(([name, property]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, element('code', {}, name)),
      element('td', {}, typeOf(property)),
      element('td', {}, (schema.required ?? []).includes(name) ? 'required' : 'optional'),
      element('td', {}, property.description ?? ''),
    ),
  );
  return element('table', {}, element('tbody', {}, ...rows));
}

async function call(event, operation, result) {
  event.preventDefault();
  const form = event.currentTarget;
  const { url, body } = readForm(form, operation);
  const headers = {
    ...credentials(operation.method),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  const begin = performance.now();
  const button = form.querySelector('[type=submit]');
  button.disabled = true;
  try {
    const answer = await fetch(url, { method: operation.method, headers, body });
    takeNextCsrf(answer);
    const text = await answer.text();
    show(result, operation, { url, body, answer, text, milliseconds: Math.round(performance.now() - begin) });
  } catch (error) {
    result.replaceChildren(element('p', { class: 'fault', role: 'alert' }, `The call failed: ${error.message}`));
  } finally {
    button.disabled = false;
    result.hidden = false;
    result.scrollIntoView({ block: 'nearest' });
  }
}

function readForm(form, { path }) {
  const fields = [...form.querySelectorAll('[data-in]')];
  const valueOf = (name) => form.querySelector(`#parameter-${name}`).value;
  // The slash of a repository's name is a slash of the address.
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => valueOf(name).split('/').map(encodeURIComponent).join('/'));
  const query = new URLSearchParams(
    fields
      .filter((field) => field.dataset.in === 'query' && field.value !== '')
      .map((field) => [field.name, field.value]),
  );
  const body = form.querySelector('#body')?.value.trim();
  return { url: query.size > 0 ? `${filled}?${query}` : filled, body: body === '' ? undefined : body };
}

function show(result, { method }, { url, body, answer, text, milliseconds }) {
  const good = answer.ok ? 'good' : 'bad';
  result.replaceChildren(
    element(
      'p',
      { class: 'outcome', role: 'status' },
      element('strong', { class: good }, `${answer.status} ${answer.statusText}`),
      element(
        'span',
        { class: 'soft' },
        ` in ${milliseconds} ms · request ${answer.headers.get('x-request-id') ?? 'without id'}`,
      ),
    ),
    element('pre', { tabindex: '0', 'aria-label': 'Body of the answer' }, element('code', {}, readable(text))),
    element('h3', {}, 'On the command line'),
    element('pre', { tabindex: '0', 'aria-label': 'Command' }, element('code', {}, curl(method, url, body))),
  );
}

function readable(text) {
  if (text === '') return '(no body)';
  const shown =
    text.length > ANSWER_MAX ? `${text.slice(0, ANSWER_MAX)}\n… ${text.length - ANSWER_MAX} more characters` : text;
  try {
    return text.length > ANSWER_MAX ? shown : JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return shown;
  }
}

function curl(method, url, body) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl${method === 'GET' ? '' : ` -X ${method}`}`, ...credentialsForCurl(method)];
  if (body !== undefined)
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(body.replaceAll(/\n */g, ' '))}`);
  return [...parts, quoted(location.origin + url)].join(' \\\n  ');
}
