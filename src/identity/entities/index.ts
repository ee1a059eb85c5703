export { findEntities } from './find-entities.ts';
export type { EntitySearch, FoundEntities, FoundUser } from './find-entities.ts';
