export { createAddressRanges } from './address-ranges.ts';
export { isAddressedHere, isFromThisMachine } from './addressed-here.ts';
export type { ErrorShape, Mount, RequestContext, RequestHandler } from './context.ts';
export { createHttpServer, type HttpConfig, type HttpServer, type HttpServerOptions } from './create-http-server.ts';
export type { ListenOptions, TlsSource } from './listener.ts';
export { readBody } from './read-body.ts';
export type { DrainLimits } from './refuse-request.ts';
export { httpConfig, httpRules } from './config.ts';
export { requireTls } from './require-tls.ts';
