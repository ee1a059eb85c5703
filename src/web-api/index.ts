export { webApiConfig } from './config.ts';
export { type ClientConfig, createClientConfigHandler } from './client-config-endpoint.ts';
export { createCsrfTokenHandler } from './csrf-token-endpoint.ts';
export { createWebApi } from './create-web-api.ts';
export { createPageTokens, pageTokenBox } from './frame/page-token.ts';
export type { WebApiPorts, WebApiSettings } from './ports.ts';
export { weighApiRequest } from './weigh-request.ts';
export { createWebHandler } from './serve-web.ts';
