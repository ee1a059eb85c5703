export type { GlobalMessage } from './global-message-store.ts';
export { createGlobalMessage, deleteGlobalMessage, listGlobalMessages } from './global-messages.ts';
export { notifyMessages } from './migrations/0024-notify-messages.ts';
