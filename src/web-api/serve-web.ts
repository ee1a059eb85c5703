import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AppError } from '../kernel/errors.ts';
import type { RequestHandler } from '../platform/http/index.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/** Nothing inline, nothing from elsewhere, no framing. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface Page {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

/** Serves the files of the web UI from memory; they are few and small. Errors: NOT_FOUND, UNSUPPORTED. */
export async function createWebHandler(folder: string): Promise<RequestHandler> {
  const pages = await readPages(folder);
  return ({ method, path, req, res }) => {
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AppError('UNSUPPORTED', `"${method}" is not possible here; use GET`, {
        headers: { Allow: 'GET, HEAD' },
      });
    }
    const page = pages.get(path) ?? pages.get(`${path}/`);
    if (page === undefined) throw new AppError('NOT_FOUND', 'There is no such page');
    if (req.headers['if-none-match'] === page.etag) {
      res.writeHead(304, { ETag: page.etag });
      res.end();
      return;
    }
    res.writeHead(200, page.headers);
    res.end(method === 'HEAD' ? undefined : page.bytes);
  };
}

async function readPages(folder: string): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((file) => file.isFile())) {
    const file = join(entry.parentPath, entry.name);
    const address = file.slice(folder.length).replaceAll('\\', '/');
    const page = toPage(await readFile(file), extname(file));
    pages.set(address, page);
    if (address.endsWith('/index.html')) pages.set(address.slice(0, -'index.html'.length), page);
  }
  return pages;
}

function toPage(bytes: Buffer, extension: string): Page {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return {
    bytes,
    etag,
    headers: {
      'Content-Type': CONTENT_TYPES[extension] ?? 'application/octet-stream',
      'Content-Length': String(bytes.length),
      'Content-Security-Policy': CONTENT_SECURITY_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
      'Cache-Control': 'no-cache',
      ETag: etag,
    },
  };
}
