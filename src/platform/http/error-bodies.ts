import { type AppError, ERRORS } from '../../kernel/errors.ts';
import type { ErrorShape, RequestContext } from './context.ts';

/** The JSON body of an error in the shape of the API that was called. */
export function errorBody(shape: ErrorShape, error: AppError, context: Pick<RequestContext, 'origin'>): string {
  if (shape === 'oci') return JSON.stringify({ errors: [ociError(error)] });
  if (shape === 'quay') return JSON.stringify(quayError(error, context.origin));
  return JSON.stringify({ code: ERRORS[error.code].quay, message: error.message });
}

/** distribution-spec "Error Codes". */
export function ociError(error: AppError): { code: string; message: string; detail: unknown } {
  return { code: ERRORS[error.code].oci, message: error.message, detail: error.detail ?? {} };
}

/** Quay's ApiException: old and new field names side by side; a detail object is spread into the body. */
function quayError(error: AppError, origin: string): Record<string, unknown> {
  const type = ERRORS[error.code].quay;
  return {
    ...(isRecord(error.detail) ? error.detail : {}),
    detail: error.message,
    error_message: error.message,
    error_type: type,
    title: type,
    type: `${origin}/api/v1/error/${type}`,
    status: error.status,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
