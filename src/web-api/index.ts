export { createWebApi } from './create-web-api.ts';
export type { WebApiPorts } from './ports.ts';
export { createWebHandler } from './serve-web.ts';
