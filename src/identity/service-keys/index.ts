export { createKeyAdministration } from './administer-keys.ts';
export type {
  CreatedServiceKey,
  KeyAdministration,
  KeyAdministrator,
  NewServiceKey,
  ServiceKeyChange,
} from './administer-keys.ts';
export { serviceKeyConfig } from './config.ts';
export { createKeyRing, type KeyRing } from './key-ring.ts';
export { createKeyServer, type KeyServer, type KeyServerSettings, type KeyState } from './key-server.ts';
export type { ServiceKey } from './model.ts';
