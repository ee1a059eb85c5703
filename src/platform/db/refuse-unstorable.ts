import { AppError } from '../../kernel/errors.ts';

/**
 * Refuses text with U+0000 with INVALID_REQUEST: PostgreSQL cannot store it, SQLite would and then cut it in its functions.
 * JSON is not concerned: `JSON.stringify` writes the character as six others, which both store in a text column.
 */
export function refuseUnstorable(parameters: readonly unknown[]): void {
  for (const parameter of parameters) {
    if (typeof parameter === 'string' && parameter.includes('\0')) {
      throw new AppError('INVALID_REQUEST', 'Text with the character U+0000 cannot be stored; remove it');
    }
  }
}
