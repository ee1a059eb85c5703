export { netConfig } from './config.ts';
