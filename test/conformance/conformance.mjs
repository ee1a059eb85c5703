// A check of a registry against the OCI distribution specification (v1.1.x, and with OCI_VERSION=dev what came after it).
// No dependencies. Run:  OCI_ROOT_URL=http://127.0.0.1:5000 OCI_NAMESPACE=org/repo OCI_CROSSMOUNT_NAMESPACE=org/other \
//   OCI_USERNAME=u OCI_PASSWORD=p node conformance.mjs            (or: node --test conformance.mjs)
// env: OCI_VERSION=1.1|dev   OCI_EXPECT_FAIL="id,id"  (known failures: do not fail the run, an unexpected pass does)
//   OCI_STRICT=1 (a SHOULD that is not met fails the run)  OCI_RESULTS=file.json  OCI_ONLY=prefix  OCI_INSECURE=1 (TLS unchecked)
//   OCI_BIG_MANIFEST=bytes (a size surely over the registry's limit, default 64 MiB; 0 = skip)
// Levels: MUST fails the run; SHOULD and MAY are reported. Ids never change meaning: specifications refer to them.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const E = process.env,
  ROOT = new URL(E.OCI_ROOT_URL ?? 'http://127.0.0.1:5000'),
  NS = E.OCI_NAMESPACE ?? 'conformance/repo1',
  NS2 = E.OCI_CROSSMOUNT_NAMESPACE ?? 'conformance/repo2';
const DEV = E.OCI_VERSION === 'dev',
  XF = new Set((E.OCI_EXPECT_FAIL ?? '').split(/[\s,]+/).filter(Boolean)),
  RUN = randomBytes(4).toString('hex');
const MT = {
  man: 'application/vnd.oci.image.manifest.v1+json',
  idx: 'application/vnd.oci.image.index.v1+json',
  cfg: 'application/vnd.oci.image.config.v1+json',
  tgz: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
  dman: 'application/vnd.docker.distribution.manifest.v2+json',
  dlist: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dcfg: 'application/vnd.docker.container.image.v1+json',
  dtgz: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  oct: 'application/octet-stream',
};
const ACCEPT = [MT.man, MT.idx, MT.dman, MT.dlist].join(', ');
const sha = (b, a = 'sha256') => `${a}:${createHash(a).update(b).digest('hex')}`;
const CODES = new Set(
  'BLOB_UNKNOWN BLOB_UPLOAD_INVALID BLOB_UPLOAD_UNKNOWN DIGEST_INVALID MANIFEST_BLOB_UNKNOWN MANIFEST_INVALID MANIFEST_UNKNOWN NAME_INVALID NAME_UNKNOWN SIZE_INVALID UNAUTHORIZED DENIED UNSUPPORTED TOOMANYREQUESTS TAG_INVALID MANIFEST_UNVERIFIED'.split(
    ' ',
  ),
);

// ---------------------------------------------------------------- HTTP
const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true, rejectUnauthorized: !E.OCI_INSECURE }),
};
const seenErrors = [],
  seenWarnings = [];
const tokens = new Map();
function once(method, url, { headers = {}, body } = {}) {
  return new Promise((ok, no) => {
    const u = new URL(url);
    const h = { ...headers };
    if (body !== undefined && h['content-length'] === undefined) h['content-length'] = body.length;
    if (body === undefined && !['GET', 'HEAD'].includes(method) && h['content-length'] === undefined)
      h['content-length'] = 0;
    const rq = (u.protocol === 'https:' ? https : http).request(
      u,
      { method, headers: h, agent: agents[u.protocol] },
      (rs) => {
        const c = [];
        rs.on('data', (d) => c.push(d));
        const fin = (aborted) =>
          ok({
            aborted,
            status: rs.statusCode,
            headers: rs.headers,
            raw: rs.rawHeaders,
            body: Buffer.concat(c),
            url: u.href,
            method,
          });
        rs.on('error', () => fin(true));
        rs.on('end', () => fin(false));
      },
    );
    rq.on('error', no);
    rq.setTimeout(60000, () => rq.destroy(new Error('timeout')));
    rq.end(body);
  });
}
const basic = () => 'Basic ' + Buffer.from(`${E.OCI_USERNAME}:${E.OCI_PASSWORD}`).toString('base64');
async function bearer(ch) {
  const p = Object.fromEntries([...ch.matchAll(/(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
  const u = new URL(p.realm);
  if (p.service) u.searchParams.set('service', p.service);
  for (const s of (p.scope ?? '').split(' ').filter(Boolean)) u.searchParams.append('scope', s);
  const k = u.href;
  if (tokens.has(k)) return tokens.get(k);
  const r = await once('GET', u, { headers: E.OCI_USERNAME ? { authorization: basic() } : {} });
  assert.equal(r.status, 200, `token endpoint answered ${r.status}`);
  const j = JSON.parse(r.body);
  const t = 'Bearer ' + (j.token ?? j.access_token);
  tokens.set(k, t);
  return t;
}
const auths = new Map(); // method+repository -> Authorization
async function req(method, path, opt = {}) {
  let url = new URL(path, ROOT).href;
  const key = `${method === 'HEAD' ? 'GET' : method} ${(new URL(url).pathname.match(/^\/v2\/(.*?)\/(?:blobs|manifests|tags|referrers)\//) ?? [])[1] ?? ''} ${/mount=/.test(url) ? 'm' : ''}`;
  for (let hop = 0, tried = false; hop < 6; hop++) {
    const same = new URL(url).host === ROOT.host;
    const headers = { ...opt.headers };
    const a = opt.noAuth ? undefined : (auths.get(key) ?? (E.OCI_USERNAME && auths.get('basic')));
    if (a && same) headers.authorization ??= a;
    const r = await once(method, url, { ...opt, headers });
    if (r.status === 401 && !opt.noAuth && !tried && r.headers['www-authenticate']) {
      tried = true;
      const ch = r.headers['www-authenticate'];
      if (/^bearer/i.test(ch)) auths.set(key, await bearer(ch));
      else if (E.OCI_USERNAME) auths.set('basic', basic());
      else return note(r);
      continue;
    }
    if ([301, 302, 303, 307, 308].includes(r.status) && ['GET', 'HEAD'].includes(method) && r.headers.location) {
      url = new URL(r.headers.location, url).href;
      continue;
    }
    return note(r);
  }
  throw new Error('too many redirects');
}
function note(r) {
  if (r.status >= 400 && r.status < 500 && r.body.length && /json/.test(r.headers['content-type'] ?? ''))
    seenErrors.push(r);
  if (r.headers.warning) seenWarnings.push(r);
  return r;
}
const st = (r, ...want) =>
  assert.ok(
    want.includes(r.status),
    `${r.method} ${r.url.replace(/\?.*/, '?…').slice(0, 140)}: status ${r.status}, expected ${want.join(' or ')}; ${r.body.subarray(0, 160)}`,
  );
const abs = (r) => {
  assert.ok(r.headers.location, `${r.method} answered ${r.status} without Location`);
  return new URL(r.headers.location, r.url).href;
};
const q = (u, p) => {
  const x = new URL(u);
  const s = x.search;
  return (
    x.href +
    Object.entries(p)
      .map(([k, v], i) => `${!s && i === 0 ? '?' : '&'}${k}=${encodeURIComponent(v).replace(/%3A/gi, ':')}`)
      .join('')
  );
};
const V = (ns, rest) => `/v2/${ns}/${rest}`;
const codes = (r) => {
  try {
    return JSON.parse(r.body).errors.map((e) => e.code);
  } catch {
    return [];
  }
};
const hasCode = (r, ...c) =>
  assert.ok(
    codes(r).some((x) => c.includes(x)),
    `error code ${JSON.stringify(codes(r))}, expected ${c.join(' or ')}`,
  );

// ---------------------------------------------------------------- content
const blob = (n = 512) => randomBytes(n);
async function putBlob(b, ns = NS, alg = 'sha256') {
  const d = sha(b, alg);
  const h = await req('HEAD', V(ns, `blobs/${d}`));
  if (h.status === 200) return d;
  const p = await req('POST', V(ns, 'blobs/uploads/') + (alg === 'sha256' ? '' : `?digest-algorithm=${alg}`));
  st(p, 202);
  const r = await req('PUT', q(abs(p), { digest: d }), { headers: { 'content-type': MT.oct }, body: b });
  st(r, 201);
  return d;
}
const desc = (b, mediaType, extra = {}, alg) => ({ mediaType, digest: sha(b, alg), size: b.length, ...extra });
const J = (o, pretty) => Buffer.from(JSON.stringify(o, null, pretty));
const putMan = (ref, body, mt = JSON.parse(body).mediaType, ns = NS, params = '') =>
  req('PUT', V(ns, `manifests/${ref}`) + params, { headers: { 'content-type': mt }, body });
const getMan = (ref, ns = NS, method = 'GET') =>
  req(method, V(ns, `manifests/${ref}`), { headers: { accept: ACCEPT } });
async function image({
  ns = NS,
  layers = 1,
  cfgMT = MT.cfg,
  layerMT = MT.tgz,
  extra = {},
  cfgExtra = {},
  mt = MT.man,
  push = true,
  cfgBytes,
} = {}) {
  const ls = Array.from({ length: layers }, () => blob());
  const cfg =
    cfgBytes ??
    J({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: ls.map((l) => sha(l)) },
      n: randomBytes(6).toString('hex'),
      ...cfgExtra,
    });
  if (push) for (const b of [cfg, ...ls]) await putBlob(b, ns);
  const body = J({
    schemaVersion: 2,
    mediaType: mt,
    config: desc(cfg, cfgMT),
    layers: ls.map((l) => desc(l, layerMT)),
    ...extra,
  });
  return { body, digest: sha(body), cfg, ls, desc: desc(body, mt) };
}
async function pushed(ref, o = {}) {
  const i = await image(o);
  st(await putMan(ref ?? i.digest, i.body, undefined, o.ns ?? NS), 201);
  return i;
}
async function referrers(d, ns = NS, query = '') {
  const out = [];
  let u = V(ns, `referrers/${d}`) + query,
    first,
    n = 0;
  while (u && n++ < 50) {
    const r = await req('GET', u);
    first ??= r;
    if (r.status !== 200) return { first, out };
    out.push(...JSON.parse(r.body).manifests);
    const l = /<([^>]+)>\s*;\s*rel="?next"?/.exec(r.headers.link ?? '');
    u = l ? new URL(l[1], r.url).href : null;
  }
  return { first, out, pages: n };
}

// ---------------------------------------------------------------- the runner
const results = [];
class Skip extends Error {}
const skip = (m) => {
  throw new Skip(m);
};
const list = [];
const check = (id, level, section, title, fn, o = {}) => list.push({ id, level, section, title, fn, dev: !!o.dev });
const S = {}; // state shared by the checks

// ======== API, entry point
check('api-01', 'MUST', 'Determining Support', 'GET /v2/ answers 200 (with the credentials given)', async () =>
  st(await req('GET', '/v2/'), 200),
);
check(
  'api-02',
  'MAY',
  'Determining Support',
  'GET /v2/ without credentials answers 401 with WWW-Authenticate, or 200',
  async () => {
    const r = await req('GET', '/v2/', { noAuth: true });
    st(r, 200, 401);
    if (r.status === 401) assert.ok(r.headers['www-authenticate']);
  },
);
// ======== PULL
check('pull-01', 'MUST', 'Pulling manifests', 'missing tag: GET answers 404', async () => {
  S.img = await pushed(`v1-${RUN}`);
  st(await getMan(`no-such-${RUN}`), 404);
});
check('pull-02', 'MUST', 'Pulling manifests', 'missing digest: GET answers 404', async () =>
  st(await getMan(sha(blob())), 404),
);
check('pull-03', 'MUST', 'Pushing Manifests', 'repository that does not exist: GET manifest answers 404', async () =>
  st(await getMan('latest', `${NS}/nope-${RUN}`), 404),
);
check('pull-04', 'MUST', 'Checking if content exists', 'missing manifest: HEAD answers 404', async () => {
  st(await getMan(`no-such-${RUN}`, NS, 'HEAD'), 404);
  st(await getMan(sha(blob()), NS, 'HEAD'), 404);
});
check('pull-05', 'MUST', 'Pulling blobs', 'missing blob: GET and HEAD answer 404', async () => {
  const d = sha(blob());
  st(await req('GET', V(NS, `blobs/${d}`)), 404);
  st(await req('HEAD', V(NS, `blobs/${d}`)), 404);
});
check('pull-06', 'MUST', 'Pulling manifests', 'GET manifest by digest: 200 and the exact bytes', async () => {
  const r = await getMan(S.img.digest);
  st(r, 200);
  assert.ok(r.body.equals(S.img.body));
});
check('pull-07', 'MUST', 'Pulling manifests', 'GET manifest by tag: 200 and the exact bytes', async () => {
  const r = await getMan(`v1-${RUN}`);
  st(r, 200);
  assert.ok(r.body.equals(S.img.body));
});
check(
  'pull-08',
  DEV ? 'MUST' : 'SHOULD',
  'Pulling manifests',
  'GET manifest carries Docker-Content-Digest',
  async () => {
    for (const f of [S.img.digest, `v1-${RUN}`]) assert.ok((await getMan(f)).headers['docker-content-digest']);
  },
);
check(
  'pull-09',
  'MUST',
  'Pulling manifests',
  'Docker-Content-Digest, where sent, is the digest of the returned manifest',
  async () => {
    for (const m of ['GET', 'HEAD']) {
      const d = (await getMan(`v1-${RUN}`, NS, m)).headers['docker-content-digest'];
      if (d) assert.equal(d, S.img.digest);
    }
  },
);
check(
  'pull-10',
  'SHOULD',
  'Pulling manifests',
  'Content-Type of a pulled manifest is the type it was pushed with',
  async () => assert.equal((await getMan(S.img.digest)).headers['content-type'].split(';')[0].trim(), MT.man),
);
check('pull-11', 'SHOULD', 'Pulling manifests', 'Content-Type of a pulled manifest has no parameters', async () =>
  assert.ok(!/;/.test((await getMan(S.img.digest)).headers['content-type'])),
);
check('pull-12', 'MUST', 'Checking if content exists', 'HEAD manifest by digest and by tag: 200, no body', async () => {
  for (const f of [S.img.digest, `v1-${RUN}`]) {
    const r = await getMan(f, NS, 'HEAD');
    st(r, 200);
    assert.equal(r.body.length, 0);
  }
});
check(
  'pull-13',
  DEV ? 'MUST' : 'SHOULD',
  'Checking if content exists',
  'HEAD manifest carries its size and digest',
  async () => {
    const r = await getMan(S.img.digest, NS, 'HEAD');
    assert.equal(Number(r.headers['content-length']), S.img.body.length);
    assert.equal(r.headers['docker-content-digest'], S.img.digest);
  },
);
check('pull-14', 'MUST', 'Pulling blobs', 'GET blob: 200 and the exact bytes', async () => {
  const r = await req('GET', V(NS, `blobs/${sha(S.img.ls[0])}`));
  st(r, 200);
  assert.ok(r.body.equals(S.img.ls[0]));
});
check('pull-15', DEV ? 'MUST' : 'SHOULD', 'Pulling blobs', 'GET blob carries Docker-Content-Digest', async () =>
  assert.equal(
    (await req('GET', V(NS, `blobs/${sha(S.img.ls[0])}`))).headers['docker-content-digest'],
    sha(S.img.ls[0]),
  ),
);
check('pull-16', 'MUST', 'Checking if content exists', 'HEAD blob: 200, no body', async () => {
  const r = await req('HEAD', V(NS, `blobs/${sha(S.img.ls[0])}`));
  st(r, 200);
  assert.equal(r.body.length, 0);
});
check(
  'pull-17',
  DEV ? 'MUST' : 'SHOULD',
  'Checking if content exists',
  'HEAD blob carries its size and digest',
  async () => {
    const r = await req('HEAD', V(NS, `blobs/${sha(S.img.ls[0])}`));
    assert.equal(Number(r.headers['content-length']), 512);
    assert.equal(r.headers['docker-content-digest'], sha(S.img.ls[0]));
  },
);
const RNG = [
  ['bytes=500-1499', 500, 1500],
  ['bytes=500-', 500, 2048],
  ['bytes=-500', 1548, 2048],
  ['bytes=2000-5000', 2000, 2048],
  ['bytes=0-0', 0, 1],
];
RNG.forEach(([h, a, b], i) =>
  check(
    `pull-18${'abcde'[i]}`,
    'SHOULD',
    'Pulling blobs',
    `Range: ${h} on a 2048-byte blob: 206, the right bytes, Content-Range`,
    async () => {
      S.big ??= blob(2048);
      const d = await putBlob(S.big);
      const r = await req('GET', V(NS, `blobs/${d}`), { headers: { range: h } });
      st(r, 206);
      assert.ok(r.body.equals(S.big.subarray(a, b)));
      assert.match(r.headers['content-range'], new RegExp(`^bytes ${a}-${b - 1}/(2048|\\*)$`));
      assert.equal(Number(r.headers['content-length']), b - a);
    },
  ),
);
check('pull-19a', 'SHOULD', 'Pulling blobs', 'Range beyond the end: 416', async () =>
  st(await req('GET', V(NS, `blobs/${sha(S.big)}`), { headers: { range: 'bytes=5000-10000' } }), 416),
);
check(
  'pull-19b',
  'MAY',
  'Pulling blobs',
  'Range with last < first (invalid by RFC 9110): ignored (200) or 416',
  async () => st(await req('GET', V(NS, `blobs/${sha(S.big)}`), { headers: { range: 'bytes=500-0' } }), 200, 416),
);
check('pull-19c', 'MAY', 'Pulling blobs', 'Accept-Ranges: bytes is announced', async () =>
  assert.equal((await req('HEAD', V(NS, `blobs/${sha(S.big)}`))).headers['accept-ranges'], 'bytes'),
);
check(
  'pull-20',
  'MUST',
  'Pulling manifests',
  'a reference that is neither tag nor digest is refused (4xx)',
  async () => {
    for (const f of [
      '-leading-dash',
      '.dot',
      'a'.repeat(129),
      'sha256:baddigeststring',
      'a%20b',
      'sha256:' + 'g'.repeat(64),
    ]) {
      const r = await getMan(f);
      assert.ok(r.status >= 400 && r.status < 500, `${f}: ${r.status}`);
    }
  },
);
check(
  'pull-21',
  'MUST',
  'Pulling manifests',
  'a tag of 128 characters and all permitted characters works',
  async () => {
    for (const t of ['a'.repeat(128), `_A.b-C_${RUN}`, '0']) {
      st(await putMan(t, S.img.body), 201);
      st(await getMan(t), 200);
      await req('DELETE', V(NS, `manifests/${t}`));
    }
  },
);
check(
  'pull-22',
  'MUST',
  'Pulling manifests',
  'a tag of 129 characters and tags with other characters are refused on push',
  async () => {
    for (const t of ['a'.repeat(129), '-x', '.x', 'a+b']) {
      const r = await putMan(t, S.img.body);
      assert.ok(r.status >= 400 && r.status < 500, `${t.slice(0, 20)}: ${r.status}`);
    }
  },
);
check(
  'pull-23',
  'MUST',
  'Pulling manifests',
  'repository names that match the grammar work (., _, __, -, --, depth 5)',
  async () => {
    const org = NS.split('/')[0];
    for (const n of ['a.b', 'a_b', 'a__b', 'a-b', 'a--b', 'x1/y/z/w', '0']) {
      const r = await req('POST', V(`${org}/${n}-${RUN}`, 'blobs/uploads/'));
      st(r, 202);
      await req('DELETE', abs(r));
    }
  },
);
check('pull-24', 'MUST', 'Pulling manifests', 'repository names outside the grammar are refused (4xx)', async () => {
  const org = NS.split('/')[0];
  for (const n of ['UPPER', '-a', 'a-', 'a___b', 'a..b', '.a', 'a$b']) {
    const r = await req('POST', V(`${org}/${n}`, 'blobs/uploads/'));
    assert.ok(r.status >= 400 && r.status < 500, `${n}: ${r.status}`);
  }
});
check(
  'pull-25',
  'MUST',
  'Pulling blobs',
  'a blob of another repository is 404 in a repository that lacks it',
  async () => {
    const b = blob();
    await putBlob(b, NS2);
    st(await req('GET', V(NS, `blobs/${sha(b)}`)), 404);
  },
);
check(
  'pull-26',
  'MUST',
  'Pulling manifests',
  'a manifest of another repository is 404 in a repository that lacks it',
  async () => {
    const i = await pushed(undefined, { ns: NS2 });
    st(await getMan(i.digest), 404);
  },
);
check('pull-27', 'MAY', 'Pulling manifests', 'If-None-Match with the ETag answers 304', async () => {
  const r = await getMan(S.img.digest);
  if (!r.headers.etag) skip('no ETag');
  st(
    await req('GET', V(NS, `manifests/${S.img.digest}`), {
      headers: { accept: ACCEPT, 'if-none-match': r.headers.etag },
    }),
    304,
  );
});
check(
  'pull-28',
  'SHOULD',
  'Pulling manifests',
  'GET manifest without Accept still answers 200 with the stored bytes for an image manifest',
  async () => {
    const r = await req('GET', V(NS, `manifests/${S.img.digest}`));
    st(r, 200);
    assert.ok(r.body.equals(S.img.body));
  },
);
check(
  'pull-29',
  'MUST',
  'Pulling manifests',
  'repositories whose names hold the words of the API (blobs, manifests, tags, referrers, uploads, list) work',
  async () => {
    const org = NS.split('/')[0];
    for (const n of ['blobs', 'manifests', 'tags', 'referrers', 'blobs/uploads', 'tags/list', 'x/manifests/latest']) {
      const ns = `${org}/w${RUN}/${n}`,
        b = blob();
      await putBlob(b, ns);
      const g = await req('GET', V(ns, `blobs/${sha(b)}`));
      st(g, 200);
      assert.ok(g.body.equals(b), n);
      const m = J({ schemaVersion: 2, mediaType: MT.man, config: desc(b, MT.cfg), layers: [] });
      st(await putMan('latest', m, MT.man, ns), 201);
      st(await getMan('latest', ns), 200);
      assert.deepEqual(JSON.parse((await req('GET', V(ns, 'tags/list'))).body), { name: ns, tags: ['latest'] });
    }
  },
);
// ======== PUSH: blobs
const start = async (ns = NS, query = '') => {
  const r = await req('POST', V(ns, 'blobs/uploads/') + query, { headers: { 'content-length': 0 } });
  st(r, 202);
  return r;
};
const patch = (u, b, range) =>
  req('PATCH', u, { headers: { 'content-type': MT.oct, ...(range ? { 'content-range': range } : {}) }, body: b });
const finish = (u, d, b, range) =>
  req('PUT', q(u, { digest: d }), {
    headers: b ? { 'content-type': MT.oct, ...(range ? { 'content-range': range } : {}) } : { 'content-length': 0 },
    body: b,
  });
const pullable = async (r, b) => {
  const g = await req('GET', abs(r), { headers: { accept: `${ACCEPT}, */*` } });
  st(g, 200);
  assert.ok(g.body.equals(b));
};
check('push-01', 'MUST', 'POST then PUT', 'POST answers 202 with Location', async () => {
  const r = await start();
  abs(r);
  await req('DELETE', abs(r));
});
check('push-02', 'MUST', 'POST then PUT', 'each session has its own Location', async () => {
  const a = await start(),
    b = await start();
  assert.notEqual(abs(a), abs(b));
  await req('DELETE', abs(a));
  await req('DELETE', abs(b));
});
check('push-03', 'MUST', 'POST then PUT', 'PUT answers 201 with a Location that can be pulled', async () => {
  const b = blob();
  const r = await finish(abs(await start()), sha(b), b);
  st(r, 201);
  await pullable(r, b);
});
check(
  'push-04',
  'MUST',
  'Single POST',
  'POST with digest and body: 201 with a pullable Location, or 202 with an upload Location',
  async () => {
    const b = blob();
    const r = await req('POST', V(NS, `blobs/uploads/?digest=${sha(b)}`), {
      headers: { 'content-type': MT.oct },
      body: b,
    });
    st(r, 201, 202);
    S.singlePost = r.status === 201;
    if (r.status === 201) return pullable(r, b);
    st(await finish(abs(r), sha(b), b), 201);
  },
);
check('push-05', 'MAY', 'Single POST', 'single POST uploads are supported (201)', async () => {
  if (!S.singlePost) assert.fail('answered 202');
});
check(
  'push-06',
  'MUST',
  'Pushing a blob in chunks',
  'one chunk: PATCH 202 with Location and Range 0-<end>, PUT 201 with pullable Location',
  async () => {
    const b = blob(1000);
    const p0 = await start();
    const m = p0.headers['oci-chunk-min-length'];
    S.min = Math.max(Number(m ?? 0), 1000);
    const r = await patch(abs(p0), b, '0-999');
    st(r, 202);
    assert.match(r.headers.range ?? '', /^(bytes=)?0-999$/);
    const f = await finish(abs(r), sha(b));
    st(f, 201);
    await pullable(f, b);
  },
);
check('push-07', 'MUST', 'Pushing a blob in chunks', 'three chunks in order, the last by PATCH', async () => {
  const n = S.min,
    b = blob(n * 3 - 5);
  let u = abs(await start());
  for (const [a, z] of [
    [0, n],
    [n, 2 * n],
    [2 * n, b.length],
  ]) {
    const r = await patch(u, b.subarray(a, z), `${a}-${z - 1}`);
    st(r, 202);
    assert.equal((r.headers.range ?? '').replace('bytes=', ''), `0-${z - 1}`);
    u = abs(r);
  }
  const f = await finish(u, sha(b));
  st(f, 201);
  await pullable(f, b);
});
check('push-08', 'MUST', 'Pushing a blob in chunks', 'three chunks in order, the last in the closing PUT', async () => {
  const n = S.min,
    b = blob(n * 3 - 5);
  let u = abs(await start());
  for (const [a, z] of [
    [0, n],
    [n, 2 * n],
  ]) {
    const r = await patch(u, b.subarray(a, z), `${a}-${z - 1}`);
    st(r, 202);
    u = abs(r);
  }
  const f = await finish(u, sha(b), b.subarray(2 * n), `${2 * n}-${b.length - 1}`);
  st(f, 201);
  await pullable(f, b);
});
check('push-09', 'MUST', 'Pushing a blob in chunks', 'first chunk that does not begin with 0: 416', async () => {
  const u = abs(await start());
  st(await patch(u, blob(100), '100-199'), 416);
  await req('DELETE', u);
});
check(
  'push-10',
  'MUST',
  'Pushing a blob in chunks',
  'a chunk after a gap, and the same chunk again: 416, and the upload can go on',
  async () => {
    const n = S.min,
      b = blob(n * 3);
    const r1 = await patch(abs(await start()), b.subarray(0, n), `0-${n - 1}`);
    st(r1, 202);
    const u = abs(r1);
    st(await patch(u, b.subarray(2 * n), `${2 * n}-${3 * n - 1}`), 416);
    st(await patch(u, b.subarray(0, n), `0-${n - 1}`), 416);
    const s = await req('GET', u);
    st(s, 204);
    const r2 = await patch(abs(s), b.subarray(n, 2 * n), `${n}-${2 * n - 1}`);
    st(r2, 202);
    const f = await finish(abs(r2), sha(b), b.subarray(2 * n), `${2 * n}-${3 * n - 1}`);
    st(f, 201);
    await pullable(f, b);
  },
);
check(
  'push-11',
  'MUST',
  'Pushing a blob in chunks',
  'final chunk out of order in the closing PUT: 416',
  async () => {
    const n = S.min,
      b = blob(n * 3);
    const r1 = await patch(abs(await start()), b.subarray(0, n), `0-${n - 1}`);
    st(r1, 202);
    st(await finish(abs(r1), sha(b), b.subarray(2 * n), `${2 * n}-${3 * n - 1}`), 416);
    await req('DELETE', abs(r1));
  },
  { dev: true },
);
check('push-12', 'MUST', 'Pushing a blob in chunks', 'GET of an upload: 204 with Location and Range', async () => {
  const b = blob(S.min);
  const r = await patch(abs(await start()), b, `0-${b.length - 1}`);
  st(r, 202);
  const s = await req('GET', abs(r));
  st(s, 204);
  abs(s);
  assert.equal((s.headers.range ?? '').replace('bytes=', ''), `0-${b.length - 1}`);
  await req('DELETE', abs(s));
});
check('push-13', 'SHOULD', 'Pushing a blob in chunks', 'OCI-Chunk-Min-Length, where sent, is a number', async () => {
  const r = await start();
  const m = r.headers['oci-chunk-min-length'];
  if (m === undefined) skip('not sent');
  assert.match(m, /^\d+$/);
});
check(
  'push-14',
  'MAY',
  'Pushing a blob in chunks',
  'streamed PATCH without Content-Range (what docker sends)',
  async () => {
    const b = blob(3000);
    const r = await patch(abs(await start()), b);
    st(r, 202);
    const f = await finish(abs(r), sha(b));
    st(f, 201);
    await pullable(f, b);
  },
);
check(
  'push-15',
  'MUST',
  'POST then PUT',
  'content that does not match the digest is never stored (POST+PUT, single POST, chunked, streamed)',
  async () => {
    const b = blob(),
      d = sha(blob());
    for (const way of ['put', 'post', 'chunk', 'stream']) {
      const r =
        way === 'put'
          ? await finish(abs(await start()), d, b)
          : way === 'post'
            ? await req('POST', V(NS, `blobs/uploads/?digest=${d}`), { headers: { 'content-type': MT.oct }, body: b })
            : await (async () => {
                const p = await patch(abs(await start()), b, way === 'chunk' ? '0-511' : undefined);
                st(p, 202);
                return finish(abs(p), d);
              })();
      assert.notEqual(r.status, 201, way);
      st(await req('GET', V(NS, `blobs/${d}`)), 404);
    }
  },
);
check(
  'push-16',
  'SHOULD',
  'Pushing blobs',
  'wrong digest: 400',
  async () => {
    const r = await finish(abs(await start()), sha(blob()), blob());
    st(r, 400);
    S.badDigest = r;
  },
  { dev: true },
);
check('push-17', 'MUST', 'Error Codes', 'wrong digest: error code DIGEST_INVALID', async () => {
  const r = S.badDigest ?? (await finish(abs(await start()), sha(blob()), blob()));
  hasCode(r, 'DIGEST_INVALID');
});
check(
  'push-18',
  'SHOULD',
  'Pushing blobs',
  'malformed digest or unsupported algorithm on upload: 400',
  async () => {
    for (const d of ['sha256:xyz', 'nosuchalg:' + 'a'.repeat(64), 'garbage'])
      st(await finish(abs(await start()), d, blob()), 400);
  },
  { dev: true },
);
check('push-19', 'MUST', 'Endpoints', 'upload session that does not exist: 404 on PATCH, PUT and GET', async () => {
  const u = abs(await start());
  await req('DELETE', u);
  const gone = u
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, '00000000-0000-4000-8000-000000000000')
    .replace(/\?.*/, '');
  st(await patch(gone, blob(10), '0-9'), 404);
  st(await finish(gone, sha(blob(10)), blob(10)), 404);
  st(await req('GET', gone), 404);
});
check(
  'push-20',
  'SHOULD',
  'Cancel a blob upload',
  'DELETE of an upload: 204, and it is gone',
  async () => {
    const u = abs(await start());
    const r = await req('DELETE', u);
    st(r, 204);
    const b = blob();
    st(await finish(u, sha(b), b), 404);
  },
  { dev: true },
);
check(
  'push-21',
  'MUST',
  'Mounting a blob',
  'mount: 201 with a pullable Location, or 202 with an upload Location',
  async () => {
    const b = blob();
    await putBlob(b, NS2);
    const r = await req('POST', V(NS, `blobs/uploads/?mount=${sha(b)}&from=${NS2}`));
    st(r, 201, 202);
    S.mount = r.status;
    if (r.status === 201) {
      await pullable(r, b);
      st(await req('HEAD', V(NS, `blobs/${sha(b)}`)), 200);
    } else await req('DELETE', abs(r));
  },
);
check('push-22', 'SHOULD', 'Mounting a blob', 'mount of a blob that is there works (201)', async () =>
  assert.equal(S.mount, 201),
);
check(
  'push-23',
  'SHOULD',
  'Mounting a blob',
  'mount of a blob that is not there: 202 with an upload Location that works',
  async () => {
    const b = blob();
    const r = await req('POST', V(NS, `blobs/uploads/?mount=${sha(b)}&from=${NS2}`));
    st(r, 202);
    st(await finish(abs(r), sha(b), b), 201);
  },
);
check('push-24', 'MUST', 'Mounting a blob', 'mount without from: 201 (pullable) or 202', async () => {
  const b = blob();
  await putBlob(b, NS2);
  const r = await req('POST', V(NS, `blobs/uploads/?mount=${sha(b)}`));
  st(r, 201, 202);
  if (r.status === 201) await pullable(r, b);
  else await req('DELETE', abs(r));
});
check('push-25', 'MUST', 'POST then PUT', 'the empty blob and the two-byte JSON blob', async () => {
  for (const b of [Buffer.alloc(0), Buffer.from('{}')]) {
    const r = await finish(abs(await start()), sha(b), b);
    st(r, 201);
    const g = await req('GET', V(NS, `blobs/${sha(b)}`));
    st(g, 200);
    assert.ok(g.body.equals(b));
    const h = await req('HEAD', V(NS, `blobs/${sha(b)}`));
    assert.equal(h.headers['content-length'], String(b.length));
  }
});
check(
  'push-26',
  'SHOULD',
  'Pushing a blob in chunks',
  'sha512 blob: monolithic',
  async () => {
    const b = blob();
    const d = sha(b, 'sha512');
    const r = await finish(abs(await start(NS, '?digest-algorithm=sha512')), d, b);
    st(r, 201);
    await pullable(r, b);
    const g = await req('GET', V(NS, `blobs/${d}`));
    st(g, 200);
    assert.equal(g.headers['docker-content-digest'], d);
  },
  { dev: true },
);
check(
  'push-27',
  'SHOULD',
  'Pushing a blob in chunks',
  'sha512 blob: chunked with digest-algorithm',
  async () => {
    const n = S.min,
      b = blob(2 * n);
    const r1 = await patch(abs(await start(NS, '?digest-algorithm=sha512')), b.subarray(0, n), `0-${n - 1}`);
    st(r1, 202);
    const r2 = await patch(abs(r1), b.subarray(n), `${n}-${2 * n - 1}`);
    st(r2, 202);
    st(await finish(abs(r2), sha(b, 'sha512')), 201);
  },
  { dev: true },
);
check(
  'push-28',
  'MUST',
  'Layer Upload De-duplication',
  'four uploads of the same blob at once all succeed',
  async () => {
    const b = blob(200000);
    const us = await Promise.all([1, 2, 3, 4].map(async () => abs(await start())));
    const rs = await Promise.all(us.map((u) => finish(u, sha(b), b)));
    rs.forEach((r) => st(r, 201));
    await pullable(rs[3], b);
  },
);
check(
  'push-29',
  'SHOULD',
  'POST then PUT',
  'a declared Content-Length of another size than the chunk range is refused or not stored',
  async () => {
    const u = abs(await start());
    const r = await patch(u, blob(100), '0-49');
    assert.ok(r.status >= 400, `answered ${r.status}`);
    await req('DELETE', u);
  },
);
// ======== PUSH: manifests
check(
  'push-40',
  'MUST',
  'Pushing Manifests',
  'PUT by tag: 201 with a pullable Location; the digest header is the digest',
  async () => {
    const i = await image();
    const r = await putMan(`v2-${RUN}`, i.body);
    st(r, 201);
    await pullable(r, i.body);
    if (r.headers['docker-content-digest']) assert.equal(r.headers['docker-content-digest'], i.digest);
    S.img2 = i;
  },
);
check('push-41', 'MUST', 'Pushing Manifests', 'PUT by digest: 201 with a pullable Location', async () => {
  const i = await image();
  const r = await putMan(i.digest, i.body);
  st(r, 201);
  await pullable(r, i.body);
});
check(
  'push-42',
  'MUST',
  'Pushing Manifests',
  'PUT by a digest that is not that of the body is refused (400)',
  async () => {
    const i = await image();
    st(await putMan(sha(blob()), i.body), 400);
    st(await getMan(i.digest), 404);
  },
);
check(
  'push-43',
  'MUST',
  'Pushing Manifests',
  'the exact bytes are kept (odd white space, key order, unknown fields, unicode escapes)',
  async () => {
    const i = await image();
    const b = Buffer.from(
      '\n{ "x-unknown":{"\\u00e9":[1, 2 ,3]},\t' + JSON.stringify(JSON.parse(i.body)).slice(1) + '\r\n ',
    );
    st(await putMan(sha(b), b, MT.man), 201);
    const g = await getMan(sha(b));
    st(g, 200);
    assert.ok(g.body.equals(b));
  },
);
check('push-44', 'SHOULD', 'Pushing Manifests', 'parameters on the pushed Content-Type are ignored', async () => {
  const i = await image();
  st(await putMan(i.digest, i.body, `${MT.man}; charset=utf-8`), 201);
  assert.equal((await getMan(i.digest)).headers['content-type'], MT.man);
});
const kinds = {
  'push-45a': [
    'image index',
    async () => {
      const a = await pushed(),
        b = await pushed();
      return J({
        schemaVersion: 2,
        mediaType: MT.idx,
        manifests: [
          { ...a.desc, platform: { os: 'linux', architecture: 'amd64' } },
          { ...b.desc, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        ],
      });
    },
  ],
  'push-45b': [
    'index of indexes',
    async () => {
      const a = await pushed();
      const i = J({ schemaVersion: 2, mediaType: MT.idx, manifests: [a.desc] });
      st(await putMan(sha(i), i), 201);
      return J({ schemaVersion: 2, mediaType: MT.idx, manifests: [desc(i, MT.idx)] });
    },
  ],
  'push-45c': [
    'empty index',
    async () => J({ schemaVersion: 2, mediaType: MT.idx, manifests: [], annotations: { r: RUN } }),
  ],
  'push-45d': [
    'artifact with artifactType and the empty config',
    async () =>
      (
        await image({
          cfgMT: MT.empty,
          cfgBytes: Buffer.from('{}'),
          layerMT: 'application/vnd.example.thing',
          extra: { artifactType: 'application/vnd.example.thing' },
        })
      ).body,
  ],
  'push-45e': [
    'artifact with an own config media type',
    async () => (await image({ cfgMT: 'application/vnd.example.config.v1+json', layerMT: 'text/plain' })).body,
  ],
  'push-45f': ['image without layers', async () => (await image({ layers: 0 })).body],
  'push-45g': [
    'descriptors with data',
    async () => {
      const i = await image({ cfgMT: MT.empty, cfgBytes: Buffer.from('{}') });
      const m = JSON.parse(i.body);
      m.config.data = Buffer.from('{}').toString('base64');
      m.layers[0].data = i.ls[0].toString('base64');
      m.annotations = { RUN };
      return J(m);
    },
  ],
  'push-45h': [
    'non-distributable layer that was not pushed',
    async () => {
      const i = await image();
      const m = JSON.parse(i.body);
      m.layers.push({
        ...desc(blob(), 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'),
        urls: ['https://example.invalid/x'],
      });
      return J(m);
    },
  ],
  'push-45i': [
    'unknown fields in manifest, descriptors and config',
    async () => {
      const i = await image({ cfgExtra: { 'x-custom': [1] } });
      const m = JSON.parse(i.body);
      m['x-custom'] = { a: 1 };
      m.layers[0]['x-custom'] = 'y';
      return J(m);
    },
  ],
  'push-45j': [
    'index with artifactType',
    async () => {
      const a = await pushed();
      return J({
        schemaVersion: 2,
        mediaType: MT.idx,
        artifactType: 'application/vnd.example.idx',
        manifests: [a.desc],
      });
    },
  ],
  'push-45k': [
    'docker schema 2 manifest',
    async () => (await image({ mt: MT.dman, cfgMT: MT.dcfg, layerMT: MT.dtgz })).body,
  ],
  'push-45l': [
    'docker manifest list',
    async () => {
      const a = await pushed(undefined, { mt: MT.dman, cfgMT: MT.dcfg, layerMT: MT.dtgz });
      return J({
        schemaVersion: 2,
        mediaType: MT.dlist,
        manifests: [{ ...a.desc, platform: { os: 'linux', architecture: 'amd64' } }],
      });
    },
  ],
  'push-45m': [
    'uncompressed and zstd layer types',
    async () => {
      const i = await image({ layers: 2 });
      const m = JSON.parse(i.body);
      m.layers[0].mediaType = 'application/vnd.oci.image.layer.v1.tar';
      m.layers[1].mediaType = 'application/vnd.oci.image.layer.v1.tar+zstd';
      return J(m);
    },
  ],
};
for (const [id, [what, mk]] of Object.entries(kinds))
  check(
    id,
    ['push-45k', 'push-45l', 'push-45c', 'push-45h'].includes(id) ? 'SHOULD' : 'MUST',
    'Pushing Manifests',
    `push, HEAD and pull: ${String(what)}`,
    async () => {
      const b = await mk(),
        t = `${id}-${RUN}`,
        mt = JSON.parse(b).mediaType;
      st(await putMan(t, b), 201);
      for (const f of [t, sha(b)]) {
        const g = await getMan(f);
        st(g, 200);
        assert.ok(g.body.equals(b));
        assert.equal(g.headers['content-type'].split(';')[0], mt);
        st(await getMan(f, NS, 'HEAD'), 200);
      }
    },
  );
check(
  'push-46',
  'MUST',
  'Push',
  'manifest with an unknown blob: accepted, or refused with MANIFEST_BLOB_UNKNOWN',
  async () => {
    const i = await image({ push: false });
    const r = await putMan(i.digest, i.body);
    if (r.status !== 201) {
      assert.ok(r.status >= 400 && r.status < 500, String(r.status));
      hasCode(r, 'MANIFEST_BLOB_UNKNOWN');
    }
  },
);
check(
  'push-47',
  'MUST',
  'Push',
  'index with an unknown manifest: accepted, or refused with MANIFEST_BLOB_UNKNOWN',
  async () => {
    const b = J({ schemaVersion: 2, mediaType: MT.idx, manifests: [desc(blob(), MT.man)] });
    const r = await putMan(sha(b), b);
    if (r.status !== 201) {
      assert.ok(r.status >= 400 && r.status < 500, String(r.status));
      hasCode(r, 'MANIFEST_BLOB_UNKNOWN');
    }
  },
);
check('push-48', 'MUST', 'Push', 'manifest whose subject does not exist is accepted', async () => {
  const sub = desc(blob(), MT.man);
  const i = await image({ extra: { subject: sub, artifactType: 'application/vnd.example.orphan' } });
  const r = await putMan(i.digest, i.body);
  st(r, 201);
  S.orphan = { sub, i };
});
check(
  'push-49',
  'MUST',
  'Pushing Manifests with Subject',
  'OCI-Subject is returned with the subject digest (registry with the referrers API), for manifests and indexes',
  async () => {
    const sub = S.img.desc;
    const i = await image({ extra: { subject: sub } });
    const r = await putMan(i.digest, i.body);
    st(r, 201);
    assert.equal(r.headers['oci-subject'], sub.digest);
    const x = J({ schemaVersion: 2, mediaType: MT.idx, manifests: [], subject: sub, annotations: { n: RUN } });
    const r2 = await putMan(sha(x), x);
    st(r2, 201);
    assert.equal(r2.headers['oci-subject'], sub.digest);
    await req('DELETE', V(NS, `manifests/${sha(x)}`));
    await req('DELETE', V(NS, `manifests/${i.digest}`));
  },
);
check('push-50', 'SHOULD', 'Pushing Manifests', 'a manifest of nearly 4 MiB is accepted and pulled back', async () => {
  const i = await image();
  const m = JSON.parse(i.body);
  m.annotations = {};
  let n = i.body.length;
  for (let k = 0; n < 4 * 1024 * 1024 - 9000; k++) {
    m.annotations[`k${k}`] = 'v'.repeat(8000);
    n += 8016;
  }
  const b = J(m);
  st(await putMan(sha(b), b), 201);
  const g = await getMan(sha(b));
  st(g, 200);
  assert.ok(g.body.equals(b));
});
check('push-51', 'SHOULD', 'Pushing Manifests', 'a manifest over the size limit is refused with 413', async () => {
  const n = Number(E.OCI_BIG_MANIFEST ?? 64 << 20);
  if (!n) skip('OCI_BIG_MANIFEST=0');
  const b = Buffer.concat([S.img.body.subarray(0, -1), Buffer.from(',"annotations":{"a":"' + 'v'.repeat(n) + '"}}')]);
  let r;
  try {
    r = await putMan(sha(b), b, MT.man);
  } catch (e) {
    assert.ok(['ECONNRESET', 'EPIPE'].includes(e.code), e.message);
    assert.fail('connection closed instead of 413');
  }
  st(r, 413);
});
check(
  'push-52',
  'SHOULD',
  'Pushing Manifests',
  'ten tag parameters on a push by digest; OCI-Tag names each',
  async () => {
    const i = await image();
    const tags = Array.from({ length: 10 }, (_, k) => `tp${k}-${RUN}`);
    const r = await putMan(i.digest, i.body, MT.man, NS, '?' + tags.map((t) => `tag=${t}`).join('&'));
    st(r, 201);
    const got = (r.headers['oci-tag'] ?? '')
      .split(',')
      .map((x) => x.trim())
      .filter(Boolean)
      .toSorted();
    assert.deepEqual(got, tags.toSorted());
    for (const t of tags) assert.ok((await getMan(t)).body.equals(i.body));
  },
  { dev: true },
);
check(
  'push-53',
  'MUST',
  'Pushing Manifests',
  'a tag that is pushed again moves; the former manifest stays by digest',
  async () => {
    const a = await pushed(`move-${RUN}`),
      b = await pushed(`move-${RUN}`);
    assert.ok((await getMan(`move-${RUN}`)).body.equals(b.body));
    st(await getMan(a.digest), 200);
  },
);
check('push-54', 'MUST', 'Error Codes', 'a body that is no manifest is refused (400, MANIFEST_INVALID)', async () => {
  for (const b of ['not json', '{}', '[]', '{"schemaVersion":2,"mediaType":"' + MT.man + '","config":"x"}']) {
    const r = await putMan(`bad-${RUN}`, Buffer.from(b), MT.man);
    st(r, 400);
    hasCode(r, 'MANIFEST_INVALID', 'MANIFEST_UNVERIFIED');
  }
});
check(
  'push-55',
  'MAY',
  'Pushing Manifests',
  'Content-Type that contradicts the mediaType field is refused',
  async () => {
    const i = await image();
    const r = await putMan(i.digest, i.body, MT.dman);
    assert.ok(r.status >= 400 && r.status < 500, String(r.status));
  },
);
check(
  'push-56',
  'SHOULD',
  'Pushing Manifests',
  'manifest by sha512 digest',
  async () => {
    const i = await image();
    const d = sha(i.body, 'sha512');
    st(await putMan(d, i.body), 201);
    const g = await getMan(d);
    st(g, 200);
    assert.ok(g.body.equals(i.body));
  },
  { dev: true },
);
check(
  'push-57',
  'MUST',
  'Pushing Manifests',
  'twenty pushes of different manifests to one tag at once all answer 201 and one of them wins',
  async () => {
    const is = [];
    for (let k = 0; k < 20; k++) is.push(await image({ layers: 0 }));
    const rs = await Promise.all(is.map((i) => putMan(`race-${RUN}`, i.body)));
    rs.forEach((r) => st(r, 201));
    const g = await getMan(`race-${RUN}`);
    st(g, 200);
    assert.ok(is.some((i) => i.body.equals(g.body)));
  },
);
// ======== CONTENT DISCOVERY: tags
const NT = `${NS}-tags-${RUN}`;
const tagsOf = async (query = '', ns = NT) => {
  const r = await req('GET', V(ns, 'tags/list') + query);
  st(r, 200);
  const j = JSON.parse(r.body);
  return { r, j, tags: j.tags ?? [] };
};
const ascii = (a) => a.toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0));
const inOrder = (t) =>
  assert.ok(
    JSON.stringify(t) === JSON.stringify(ascii(t)) ||
      t.every((x, i) => !i || t[i - 1].toLowerCase() <= x.toLowerCase()),
    `not sorted: ${t}`,
  );
check('tags-01', 'MUST', 'Listing Tags', 'list: 200, JSON with the name and all the tags', async () => {
  const i = await image({ ns: NT });
  S.tags = ['Alpha', 'beta', 'Gamma', '1.0', '1.10', '1.2', 'v1', 'V1', '_x', 'z.last'];
  for (const t of S.tags) st(await putMan(t, i.body, MT.man, NT), 201);
  const { j, tags } = await tagsOf();
  assert.equal(j.name, NT);
  assert.deepEqual(ascii(tags), ascii(S.tags));
  S.order = tags;
  S.tagImg = i;
});
check('tags-02', 'MUST', 'Listing Tags', 'tags are in lexical or ASCII order', async () => inOrder(S.order));
check('tags-03', 'MUST', 'Listing Tags', 'n=3: three tags from the start, or fewer with Link', async () => {
  const { r, tags } = await tagsOf('?n=3');
  assert.ok(tags.length === 3 || (tags.length < 3 && r.headers.link), `${tags.length} tags`);
  assert.deepEqual(tags, S.order.slice(0, tags.length));
  inOrder(tags);
});
check('tags-04', 'MUST', 'Listing Tags', 'n=0: an empty list and no Link', async () => {
  const { r, j } = await tagsOf('?n=0');
  assert.deepEqual(j.tags ?? [], []);
  assert.equal(r.headers.link, undefined);
});
check('tags-05', 'MUST', 'Listing Tags', 'n greater than the number of tags: all', async () =>
  assert.deepEqual((await tagsOf('?n=1000')).tags, S.order),
);
check('tags-06', 'MUST', 'Listing Tags', 'last: the tags after it, without it (with and without n)', async () => {
  const k = 4;
  assert.deepEqual((await tagsOf(`?last=${S.order[k]}`)).tags, S.order.slice(k + 1));
  const { tags } = await tagsOf(`?n=2&last=${S.order[k]}`);
  assert.deepEqual(tags, S.order.slice(k + 1, k + 1 + tags.length));
});
check('tags-07', 'MUST', 'Listing Tags', 'last = the last tag: an empty list', async () =>
  assert.deepEqual((await tagsOf(`?last=${S.order.at(-1)}`)).tags, []),
);
check(
  'tags-08',
  'MUST',
  'Listing Tags',
  'Link, where sent, is RFC 5988 with rel="next", and following it gives every tag once',
  async () => {
    let u = V(NT, 'tags/list?n=3');
    const all = [];
    let links = 0;
    for (let k = 0; u && k < 20; k++) {
      const r = await req('GET', u);
      st(r, 200);
      all.push(...(JSON.parse(r.body).tags ?? []));
      if (!r.headers.link) break;
      links++;
      const m = /^<([^>]+)>\s*;\s*rel="next"/.exec(r.headers.link);
      assert.ok(m, r.headers.link);
      u = new URL(m[1], r.url).href;
    }
    if (!links) skip('no Link header');
    assert.deepEqual(all, S.order);
  },
);
check('tags-09', 'MAY', 'Listing Tags', 'a page that is not the last carries Link', async () =>
  assert.ok((await tagsOf('?n=3')).r.headers.link),
);
check('tags-10', 'SHOULD', 'Listing Tags', 'last that is no existing tag still means "after this value"', async () => {
  const { tags } = await tagsOf('?last=1.1');
  assert.ok(!tags.includes('1.0') && tags.includes('1.10') && tags.includes('1.2'), String(tags));
});
check('tags-11', 'MUST', 'Endpoints', 'list of a repository that does not exist: 404', async () =>
  st(await req('GET', V(`${NS}/nope-${RUN}`, 'tags/list')), 404),
);
check('tags-12', 'MAY', 'Listing Tags', 'n that is no number or negative: 400', async () => {
  st(await req('GET', V(NT, 'tags/list?n=abc')), 400);
  st(await req('GET', V(NT, 'tags/list?n=-1')), 400);
});
// ======== CONTENT DISCOVERY: referrers
const needRef = () => {
  if (S.refOK === false) skip('no referrers API');
};
check('ref-01', 'MUST', 'Listing Referrers', 'digest without referrers: 200 with an empty index, not 404', async () => {
  const i = await pushed(undefined);
  S.subj = i;
  const r = await req('GET', V(NS, `referrers/${i.digest}`));
  S.refOK = r.status === 200;
  st(r, 200);
  const j = JSON.parse(r.body);
  assert.deepEqual(j.manifests, []);
  assert.equal(j.mediaType, MT.idx);
  assert.equal(j.schemaVersion, 2);
});
check(
  'ref-02',
  'MUST',
  'Listing Referrers',
  'digest that is not in the repository: 200 with an empty index',
  async () => {
    needRef();
    const r = await req('GET', V(NS, `referrers/${sha(blob())}`));
    st(r, 200);
    assert.deepEqual(JSON.parse(r.body).manifests, []);
  },
);
check('ref-03', 'MUST', 'Listing Referrers', 'Content-Type is the image index type', async () => {
  needRef();
  assert.equal((await req('GET', V(NS, `referrers/${S.subj.digest}`))).headers['content-type'].split(';')[0], MT.idx);
});
check('ref-04', 'MUST', 'Listing Referrers', 'digest of invalid syntax: 400', async () => {
  needRef();
  for (const d of ['sha256:xyz', 'baddigest', 'sha256:' + 'a'.repeat(63)])
    st(await req('GET', V(NS, `referrers/${d}`)), 400);
});
check('ref-05', 'MUST', 'Listing Referrers', 'all referrers are listed with mediaType, size and digest', async () => {
  needRef();
  const sub = S.subj.desc;
  const A = 'application/vnd.example.sbom.v1',
    B = 'application/vnd.example.sig.v1';
  const mk = async (extra, o = {}) => {
    const i = await image({ cfgMT: MT.empty, cfgBytes: Buffer.from('{}'), extra: { subject: sub, ...extra }, ...o });
    st(await putMan(i.digest, i.body), 201);
    return i;
  };
  S.r = {
    a1: await mk({ artifactType: A, annotations: { k: 'a1', 'org.example': 'ü' } }),
    a2: await mk({ artifactType: A }),
    b: await mk({ artifactType: B, annotations: { k: 'b' } }),
    c: await mk({}, { cfgMT: 'application/vnd.example.cfg.v1+json', cfgBytes: undefined }),
  };
  const x = J({
      schemaVersion: 2,
      mediaType: MT.idx,
      artifactType: A,
      manifests: [S.r.a1.desc],
      subject: sub,
      annotations: { k: 'idx' },
    }),
    y = J({ schemaVersion: 2, mediaType: MT.idx, manifests: [S.r.b.desc], subject: sub });
  for (const [n, b] of [
    ['x', x],
    ['y', y],
  ]) {
    st(await putMan(sha(b), b), 201);
    S.r[n] = { body: b, digest: sha(b), desc: desc(b, MT.idx) };
  }
  const { out } = await referrers(sub.digest);
  assert.deepEqual(ascii(out.map((d) => d.digest)), ascii(Object.values(S.r).map((i) => i.digest)));
  for (const i of Object.values(S.r)) {
    const d = out.find((m) => m.digest === i.digest);
    assert.equal(d.size, i.body.length);
    assert.equal(d.mediaType, i.desc.mediaType);
  }
  S.list = out;
});
const refOf = (n) => {
  needRef();
  if (!S.list) skip('ref-05 failed');
  return S.list.find((m) => m.digest === S.r[n].digest);
};
check('ref-06', 'MUST', 'Listing Referrers', 'artifactType is that of the manifest or index', async () => {
  assert.equal(refOf('a1').artifactType, 'application/vnd.example.sbom.v1');
  assert.equal(refOf('x').artifactType, 'application/vnd.example.sbom.v1');
});
check('ref-07', 'MUST', 'Listing Referrers', 'without artifactType it is the config mediaType', async () =>
  assert.equal(refOf('c').artifactType, 'application/vnd.example.cfg.v1+json'),
);
check('ref-08', 'MUST', 'Listing Referrers', 'an index without artifactType has none in the list', async () =>
  assert.ok(!('artifactType' in refOf('y'))),
);
check('ref-09', 'MUST', 'Listing Referrers', 'annotations are copied', async () => {
  assert.deepEqual(refOf('a1').annotations, { k: 'a1', 'org.example': 'ü' });
  assert.deepEqual(refOf('x').annotations, { k: 'idx' });
});
check('ref-10', 'SHOULD', 'Listing Referrers', 'artifactType filter is applied', async () => {
  needRef();
  const { first, out } = await referrers(
    S.subj.digest,
    NS,
    `?artifactType=${encodeURIComponent('application/vnd.example.sbom.v1')}`,
  );
  S.filter = first;
  assert.deepEqual(ascii(out.map((d) => d.digest)), ascii([S.r.a1, S.r.a2, S.r.x].map((i) => i.digest)));
});
check('ref-11', 'MUST', 'Listing Referrers', 'an applied filter is declared in OCI-Filters-Applied', async () => {
  needRef();
  const { first, out } = await referrers(S.subj.digest, NS, '?artifactType=application/vnd.example.sig.v1');
  if (out.length !== 1) skip('filter not applied');
  assert.match(first.headers['oci-filters-applied'] ?? '', /(^|,)\s*artifactType\s*(,|$)/);
});
check('ref-12', 'MUST', 'Listing Referrers', 'filter that matches nothing: 200 with an empty list', async () => {
  needRef();
  const { first, out } = await referrers(S.subj.digest, NS, '?artifactType=application/vnd.example.none');
  st(first, 200);
  if (first.headers['oci-filters-applied']) assert.deepEqual(out, []);
});
check('ref-13', 'MUST', 'Enabling the Referrers API', 'a referrer pushed before its subject is listed', async () => {
  needRef();
  const { out } = await referrers(S.orphan.sub.digest);
  assert.deepEqual(
    out.map((d) => d.digest),
    [S.orphan.i.digest],
  );
});
check(
  'ref-14',
  'MUST',
  'Listing Referrers',
  'a deleted referrer is no longer listed; the subject can go and the list stays',
  async () => {
    needRef();
    const d = await req('DELETE', V(NS, `manifests/${S.r.a2.digest}`));
    if ([400, 405].includes(d.status)) skip('no delete');
    st(d, 202);
    const { out } = await referrers(S.subj.digest);
    assert.ok(!out.some((m) => m.digest === S.r.a2.digest));
  },
);
check(
  'ref-15',
  'MUST',
  'Listing Referrers',
  'more referrers than a page: every one once, pages tied by Link rel="next"',
  async () => {
    needRef();
    const s = await pushed();
    const ds = [];
    for (let k = 0; k < 120; k++) {
      const b = J({
        schemaVersion: 2,
        mediaType: MT.idx,
        manifests: [],
        subject: s.desc,
        annotations: { k: String(k) },
      });
      ds.push(sha(b));
      if (k % 20 === 19) await Promise.all([]);
      st(await putMan(sha(b), b), 201);
    }
    const { out } = await referrers(s.digest);
    assert.deepEqual(ascii(out.map((d) => d.digest)), ascii(ds));
  },
);
check(
  'ref-16',
  'MUST',
  'Enabling the Referrers API',
  'manifests with a subject that are in a referrers-tag index are in the API answer',
  async () => {
    needRef();
    const s = await pushed();
    const i = await image({ extra: { subject: s.desc, artifactType: 'application/vnd.example.tagged' } });
    st(await putMan(i.digest, i.body), 201);
    const x = J({
      schemaVersion: 2,
      mediaType: MT.idx,
      manifests: [{ ...i.desc, artifactType: 'application/vnd.example.tagged' }],
    });
    st(await putMan(s.digest.replace(':', '-'), x), 201);
    const { out } = await referrers(s.digest);
    assert.deepEqual(
      out.map((d) => d.digest),
      [i.digest],
    );
  },
);
check('ref-17', 'MUST', 'Listing Referrers', 'referrers of another repository are not listed', async () => {
  needRef();
  await putBlob(Buffer.from('{}'), NS2);
  const { first, out } = await referrers(S.subj.digest, NS2);
  st(first, 200);
  assert.deepEqual(out, []);
});
check(
  'ref-18',
  'MUST',
  'Unavailable Referrers API',
  'the referrers tag (algorithm-hex) can be pushed and pulled as an ordinary tag',
  async () => {
    const x = J({ schemaVersion: 2, mediaType: MT.idx, manifests: [S.img.desc] }),
      t = sha(blob()).replace(':', '-');
    st(await putMan(t, x), 201);
    const g = await getMan(t);
    st(g, 200);
    assert.ok(g.body.equals(x));
  },
);
// ======== CONTENT MANAGEMENT
check('del-01', 'MUST', 'Deleting tags', 'DELETE of a tag: 202, or 400/405 where disabled', async () => {
  const i = await pushed(`del-${RUN}`);
  const r = await req('DELETE', V(NS, `manifests/del-${RUN}`));
  st(r, 202, 400, 405);
  S.delTag = r.status === 202 ? i : null;
});
check(
  'del-02',
  'MUST',
  'Deleting tags',
  'a deleted tag is 404 and no longer listed; the manifest stays by digest',
  async () => {
    if (!S.delTag) skip('tag deletion disabled');
    st(await getMan(`del-${RUN}`), 404);
    assert.ok(!(await tagsOf('', NS)).tags.includes(`del-${RUN}`));
    st(await getMan(S.delTag.digest), 200);
  },
);
check('del-03', 'MUST', 'Deleting Manifests', 'DELETE of a manifest: 202, or 400/405 where disabled', async () => {
  const i = await pushed(`delm1-${RUN}`);
  st(await putMan(`delm2-${RUN}`, i.body), 201);
  const r = await req('DELETE', V(NS, `manifests/${i.digest}`));
  st(r, 202, 400, 405);
  S.delMan = r.status === 202 ? i : null;
});
check(
  'del-04',
  'MUST',
  'Deleting Manifests',
  'a deleted manifest is 404 by digest and by every tag, and its tags are not listed',
  async () => {
    if (!S.delMan) skip('disabled');
    for (const f of [S.delMan.digest, `delm1-${RUN}`, `delm2-${RUN}`]) {
      st(await getMan(f), 404);
      st(await getMan(f, NS, 'HEAD'), 404);
    }
    const { tags } = await tagsOf('', NS);
    assert.ok(
      !tags.some((t) => t.startsWith('delm') && t.endsWith(RUN)),
      'a tag of the deleted manifest is still listed',
    );
  },
);
check('del-05', 'MUST', 'Endpoints', 'DELETE of a manifest that is not there: 404 (or 400/405)', async () => {
  st(await req('DELETE', V(NS, `manifests/${sha(blob())}`)), 404, 400, 405);
  st(await req('DELETE', V(NS, `manifests/none-${RUN}`)), 404, 400, 405);
});
check('del-06', 'MUST', 'Deleting Manifests', 'DELETE in a repository that does not exist: 404', async () =>
  st(await req('DELETE', V(`${NS}/nope-${RUN}`, `manifests/${sha(blob())}`)), 404),
);
check('del-07', 'MUST', 'Deleting Blobs', 'DELETE of a blob: 202, or 400/405 where disabled', async () => {
  const b = blob();
  await putBlob(b);
  const r = await req('DELETE', V(NS, `blobs/${sha(b)}`));
  st(r, 202, 400, 405);
  S.delBlob = r.status === 202 ? b : null;
});
check('del-08', 'MUST', 'Deleting Blobs', 'a deleted blob is 404 (GET, HEAD and a second DELETE)', async () => {
  if (!S.delBlob) skip('disabled');
  const d = V(NS, `blobs/${sha(S.delBlob)}`);
  st(await req('GET', d), 404);
  st(await req('HEAD', d), 404);
  st(await req('DELETE', d), 404);
});
check(
  'del-09',
  'MUST',
  'Deleting Blobs',
  'DELETE of a blob that is not there: 404 (or 400/405 where disabled)',
  async () => st(await req('DELETE', V(NS, `blobs/${sha(blob())}`)), 404, 400, 405),
);
check('del-10', 'MUST', 'Push', 'a blob that was deleted can be pushed again', async () => {
  if (!S.delBlob) skip('disabled');
  await putBlob(S.delBlob);
  const g = await req('GET', V(NS, `blobs/${sha(S.delBlob)}`));
  st(g, 200);
  assert.ok(g.body.equals(S.delBlob));
});
check('del-11', 'MUST', 'Push', 'a manifest that was deleted can be pushed again', async () => {
  if (!S.delMan) skip('disabled');
  for (const b of [S.delMan.cfg, ...S.delMan.ls]) await putBlob(b);
  st(await putMan(`delm1-${RUN}`, S.delMan.body), 201);
  st(await getMan(S.delMan.digest), 200);
});
check(
  'del-12',
  'MUST',
  'Listing Tags',
  'a repository whose tags are all deleted: 200 with an empty list (or 404)',
  async () => {
    for (const t of S.tags) {
      const r = await req('DELETE', V(NT, `manifests/${t}`));
      if (r.status !== 202) skip('tag deletion disabled');
    }
    const r = await req('GET', V(NT, 'tags/list'));
    st(r, 200, 404);
    if (r.status === 200) assert.deepEqual(JSON.parse(r.body).tags ?? [], []);
  },
);
// ======== API, at the end: what all the answers had in common
check('api-10', 'MUST', 'Error Codes', 'every JSON 4xx body has the errors format with a known code', async () => {
  assert.ok(seenErrors.length > 0);
  for (const r of seenErrors) {
    const j = JSON.parse(r.body);
    assert.ok(Array.isArray(j.errors) && j.errors.length, `${r.method} ${r.url}: ${r.body.subarray(0, 100)}`);
    for (const e of j.errors) {
      assert.match(e.code, /^[A-Z_]+$/);
      assert.ok(CODES.has(e.code), `${e.code} on ${r.method} ${r.url.slice(0, 120)} (${r.status})`);
    }
  }
});
check(
  'api-11',
  'MUST',
  'Error Codes',
  'codes fit: BLOB_UNKNOWN, MANIFEST_UNKNOWN, NAME_UNKNOWN, BLOB_UPLOAD_UNKNOWN, NAME_INVALID',
  async () => {
    hasCode(await req('GET', V(NS, `blobs/${sha(blob())}`)), 'BLOB_UNKNOWN');
    hasCode(await getMan(`none-${RUN}`), 'MANIFEST_UNKNOWN');
    hasCode(await req('GET', V(`${NS}/nope-${RUN}`, 'tags/list')), 'NAME_UNKNOWN');
  },
);
check(
  'api-12',
  'MUST',
  'Warnings',
  'Warning headers, where sent, are 299 - "text" without date, at most 4096 bytes',
  async () => {
    if (!seenWarnings.length) skip('none sent');
    for (const r of seenWarnings) {
      const w = r.headers.warning;
      assert.ok(Buffer.byteLength(w) <= 4096);
      for (const x of w.split(/,\s*(?=\d{3} )/)) assert.match(x, /^299 - "(?:[^"\\]|\\.)*"$/);
    }
  },
);
check('api-13', 'SHOULD', 'API', 'a method that an endpoint lacks: 405 (RFC 9110) with Allow', async () => {
  const r = await req('POST', V(NS, `manifests/v1-${RUN}`));
  st(r, 405);
  assert.ok(r.headers.allow);
});
check(
  'api-14',
  'MAY',
  'Registry Proxying',
  'ns query parameter on pulls does no harm',
  async () => {
    const r = await req('GET', V(NS, `manifests/${S.img.digest}?ns=example.invalid`), { headers: { accept: ACCEPT } });
    st(r, 200, 404);
  },
  { dev: true },
);
check(
  'api-15',
  'SHOULD',
  'API',
  'HEAD and GET of a manifest and of a blob carry the same type, size and digest',
  async () => {
    for (const u of [V(NS, `manifests/${S.img.digest}`), V(NS, `blobs/${sha(S.img.ls[0])}`)]) {
      const [g, h] = [
        await req('GET', u, { headers: { accept: ACCEPT } }),
        await req('HEAD', u, { headers: { accept: ACCEPT } }),
      ];
      for (const k of ['content-type', 'content-length', 'docker-content-digest', 'etag'])
        assert.equal(h.headers[k], g.headers[k], k);
    }
  },
);
check('api-16', 'MUST', 'Error Codes', 'without credentials a push is refused with 401 and UNAUTHORIZED', async () => {
  if (!E.OCI_USERNAME) skip('no credentials given');
  const r = await req('POST', V(NS, 'blobs/uploads/'), { noAuth: true });
  st(r, 401, 403);
  hasCode(r, 'UNAUTHORIZED', 'DENIED');
});

// ---------------------------------------------------------------- run
for (const c of list) {
  if (E.OCI_ONLY && !c.id.startsWith(E.OCI_ONLY) && c.id !== 'pull-01') continue;
  const level = c.dev && !DEV ? 'DEV' : c.level; // after 1.1: reported, never failing, unless OCI_VERSION=dev
  await test(`${c.id} [${level}] ${c.title}`, async (t) => {
    const rec = { id: c.id, level, section: c.section, title: c.title };
    results.push(rec);
    try {
      await c.fn();
      rec.result = 'pass';
      if (XF.has(c.id)) {
        rec.result = 'unexpected-pass';
        throw new Error('passed, but is on the list of expected failures');
      }
    } catch (e) {
      if (e instanceof Skip) {
        rec.result = 'skip';
        rec.why = e.message;
        t.skip(e.message);
        return;
      }
      if (rec.result === 'unexpected-pass') throw e;
      rec.why = e.message.split('\n')[0].slice(0, 300);
      if (XF.has(c.id)) {
        rec.result = 'expected-fail';
        t.todo(rec.why);
        return;
      }
      rec.result = level === 'MUST' || (E.OCI_STRICT && level === 'SHOULD') ? 'fail' : 'not-met';
      if (rec.result === 'fail') throw e;
      t.todo(rec.why);
    }
  });
}
const count = (f) => results.filter(f).length;
const line = results
  .filter((r) => !['pass', 'skip'].includes(r.result))
  .map(
    (r) =>
      `  ${r.result.padEnd(14)} ${r.level.padEnd(6)} ${r.id.padEnd(9)} ${r.title}\n${' '.repeat(34)}${r.why ?? ''}`,
  )
  .join('\n');
process.stderr.write(
  `\n${line}\n${results.length} checks: ${count((r) => r.result === 'pass')} pass, ${count((r) => r.result === 'fail')} fail, ${count((r) => r.result === 'not-met')} SHOULD/MAY/dev not met, ${count((r) => r.result === 'expected-fail')} expected failures, ${count((r) => r.result === 'skip')} skipped\n`,
);
if (E.OCI_RESULTS)
  writeFileSync(E.OCI_RESULTS, JSON.stringify({ root: ROOT.href, version: DEV ? 'dev' : '1.1', results }, null, 1));
for (const a of Object.values(agents)) a.destroy();
