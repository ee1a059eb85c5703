import { expect } from 'vitest';
import type { AppError, ErrorCode } from '../../kernel/errors.ts';
import type { StorageEngine } from '../ports.ts';

/** An engine made for one test. */
export interface EngineUnderTest {
  readonly engine: StorageEngine;
  /** Another process's view of the same storage; it knows nothing that is not stored. Left out when there is none. */
  another?(): StorageEngine;
  dispose(): Promise<void>;
}

/** Matches an AppError of this code. */
export function coded(code: ErrorCode): Partial<AppError> {
  return expect.objectContaining({ name: 'AppError', code }) as Partial<AppError>;
}
