import { AppError } from '../kernel/errors.ts';

/**
 * Credentials that are refused although they were right, or for a reason that is no secret. The message tells whoever signs in why, and
 * what to do. Wrong ones never end in this.
 */
export class CredentialsRefused extends AppError {
  constructor(message: string) {
    super('UNAUTHORIZED', message);
  }
}
