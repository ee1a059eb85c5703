export { createWebApi } from './create-web-api.ts';
export type { WebApiPorts } from './ports.ts';
export { weighApiRequest } from './weigh-request.ts';
export { createWebHandler } from './serve-web.ts';
