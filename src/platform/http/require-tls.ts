import { AppError } from '../../kernel/errors.ts';
import type { RequestContext, RequestHandler } from './context.ts';

/**
 * Lets only requests pass whose client came over TLS. Others are sent on to the same place over TLS when they only read and
 * bring no credentials. What carries a password, a token or content is refused instead: it has crossed the network in the
 * clear already, and a redirect would hide that for ever.
 * @param tlsPort where TLS is served; for addresses when no public name is configured.
 */
export function requireTls(handler: RequestHandler, tlsPort: () => number): RequestHandler {
  return (context) => {
    if (context.scheme === 'https') return handler(context);
    const origin = secureOrigin(context, tlsPort());
    const { method, req, res } = context;
    const reads = method === 'GET' || method === 'HEAD';
    if (!reads || req.headers.authorization !== undefined || req.headers.cookie !== undefined) {
      throw new AppError('TLS_REQUIRED', `This registry is served over TLS only; use ${origin}`);
    }
    const target = `${origin}${context.path}${context.query === '' ? '' : `?${context.query}`}`;
    res.writeHead(308, ['Location', target, 'Content-Length', '0', 'Cache-Control', 'no-cache']);
    res.end();
  };
}

function secureOrigin({ origin }: RequestContext, tlsPort: number): string {
  if (origin.startsWith('https://')) return origin;
  const name = origin.slice('http://'.length).replace(/:\d+$/, '');
  return `https://${name}${tlsPort === 443 ? '' : `:${tlsPort}`}`;
}
