/** One row of the error catalogue: the wire codes and the HTTP status an error code answers with. */
export interface ErrorDefinition {
  /** HTTP status. */
  readonly status: number;
  /** Code in the OCI error body (distribution-spec "Error Codes"). */
  readonly oci: string;
  /** `error_type` in Quay's REST error body. */
  readonly quay: string;
  /** What it means and when it is answered; the text of docs/errors.md. */
  readonly when: string;
}

/**
 * Every error a client may see. Handlers throw {@link AppError} with one of these codes; the translators in
 * `platform/http` turn it into the body of the API that was called.
 */
export const ERRORS = {
  BLOB_UNKNOWN: { status: 404, oci: 'BLOB_UNKNOWN', quay: 'not_found', when: 'The blob is not in this repository' },
  BLOB_IN_USE: {
    status: 405,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'The blob is used by a manifest of this repository and cannot be deleted',
  },
  BLOB_UPLOAD_INVALID: {
    status: 400,
    oci: 'BLOB_UPLOAD_INVALID',
    quay: 'invalid_request',
    when: 'The upload request is malformed',
  },
  BLOB_UPLOAD_UNKNOWN: {
    status: 404,
    oci: 'BLOB_UPLOAD_UNKNOWN',
    quay: 'not_found',
    when: 'The upload does not exist, was cancelled or has expired',
  },
  BLOB_UPLOAD_BUSY: {
    status: 409,
    oci: 'BLOB_UPLOAD_INVALID',
    quay: 'invalid_request',
    when: 'Another request is writing to the same upload',
  },
  RANGE_INVALID: {
    status: 416,
    oci: 'BLOB_UPLOAD_INVALID',
    quay: 'invalid_request',
    when: 'A chunk does not continue the upload where it stands',
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    oci: 'SIZE_INVALID',
    quay: 'invalid_request',
    when: 'The requested byte range lies outside the blob',
  },
  DIGEST_INVALID: {
    status: 400,
    oci: 'DIGEST_INVALID',
    quay: 'invalid_request',
    when: 'A digest is malformed, of an unknown algorithm, or not that of the content',
  },
  MANIFEST_BLOB_UNKNOWN: {
    status: 400,
    oci: 'MANIFEST_BLOB_UNKNOWN',
    quay: 'invalid_request',
    when: 'A manifest refers to a blob or manifest that this repository does not hold',
  },
  MANIFEST_INVALID: {
    status: 400,
    oci: 'MANIFEST_INVALID',
    quay: 'invalid_request',
    when: 'The manifest is not valid',
  },
  MANIFEST_TOO_LARGE: {
    status: 413,
    oci: 'MANIFEST_INVALID',
    quay: 'invalid_request',
    when: 'The manifest is larger than the limit',
  },
  MANIFEST_TYPE_UNSUPPORTED: {
    status: 415,
    oci: 'MANIFEST_INVALID',
    quay: 'invalid_request',
    when: 'The manifest is of a type that is not accepted',
  },
  MANIFEST_UNKNOWN: {
    status: 404,
    oci: 'MANIFEST_UNKNOWN',
    quay: 'not_found',
    when: 'The tag or manifest is not in this repository',
  },
  NAME_INVALID: {
    status: 400,
    oci: 'NAME_INVALID',
    quay: 'invalid_request',
    when: 'A repository, namespace or user name is malformed',
  },
  NAME_UNKNOWN: { status: 404, oci: 'NAME_UNKNOWN', quay: 'not_found', when: 'The repository does not exist' },
  TAG_INVALID: { status: 400, oci: 'TAG_INVALID', quay: 'invalid_request', when: 'A tag is malformed' },
  TOO_MANY_TAGS: {
    status: 414,
    oci: 'TAG_INVALID',
    quay: 'invalid_request',
    when: 'A push by digest names more tags than accepted',
  },
  PAGINATION_INVALID: {
    status: 400,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'A pagination parameter is malformed',
  },
  LAYER_TOO_LARGE: {
    status: 413,
    oci: 'SIZE_INVALID',
    quay: 'invalid_request',
    when: 'A blob is larger than MAXIMUM_LAYER_SIZE',
  },
  SIZE_INVALID: {
    status: 400,
    oci: 'SIZE_INVALID',
    quay: 'invalid_request',
    when: 'The received size is not the announced one',
  },
  UNAUTHORIZED: { status: 401, oci: 'UNAUTHORIZED', quay: 'invalid_token', when: 'Credentials are missing or wrong' },
  FRESH_LOGIN_REQUIRED: {
    status: 401,
    oci: 'UNAUTHORIZED',
    quay: 'fresh_login_required',
    when: 'The user must give the password again to do this (FRESH_LOGIN_TIMEOUT)',
  },
  DENIED: { status: 403, oci: 'DENIED', quay: 'insufficient_scope', when: 'The account may not do this' },
  TLS_REQUIRED: {
    status: 403,
    oci: 'DENIED',
    quay: 'invalid_request',
    when: 'A request with credentials or content came by plain HTTP to a registry that is served over TLS',
  },
  TOKEN_REQUEST_INVALID: {
    status: 400,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'A token request is malformed',
  },
  UNSUPPORTED: {
    status: 405,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'The endpoint does not have this method',
  },
  NOT_FOUND: { status: 404, oci: 'UNSUPPORTED', quay: 'not_found', when: 'There is nothing at this address' },
  INVALID_REQUEST: {
    status: 400,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'The request is malformed; the message lists what is wrong',
  },
  ADDRESS_NOT_ALLOWED: {
    status: 400,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'An address given by a user is not public and not in SSRF_ALLOWED_HOSTS',
  },
  READ_ONLY: { status: 405, oci: 'DENIED', quay: 'invalid_request', when: 'The registry is in read-only mode' },
  TOO_MANY_REQUESTS: {
    status: 429,
    oci: 'TOOMANYREQUESTS',
    quay: 'invalid_request',
    when: 'Too many requests; try again after the seconds named in Retry-After',
  },
  STORAGE_FULL: {
    status: 507,
    oci: 'UNSUPPORTED',
    quay: 'downstream_issue',
    when: 'The storage is full; nothing was kept of the request',
  },
  STORAGE_FAILED: {
    status: 503,
    oci: 'UNSUPPORTED',
    quay: 'downstream_issue',
    when: 'The storage reported an error; nothing was kept of the request',
  },
  DATABASE_UNAVAILABLE: {
    status: 503,
    oci: 'UNSUPPORTED',
    quay: 'downstream_issue',
    when: 'The database does not answer',
  },
  EXTERNAL_SERVICE: {
    status: 520,
    oci: 'UNSUPPORTED',
    quay: 'external_service_timeout',
    when: 'A service of somebody else that the request needs does not answer',
  },
  STARTING_UP: {
    status: 503,
    oci: 'UNSUPPORTED',
    quay: 'downstream_issue',
    when: 'The server is starting and may be changing its database; try again after the seconds named in Retry-After',
  },
  DATABASE_READ_ONLY: {
    status: 503,
    oci: 'UNSUPPORTED',
    quay: 'downstream_issue',
    when: 'The database accepts no changes at the moment; pulls go on',
  },
  SHUTTING_DOWN: { status: 503, oci: 'UNSUPPORTED', quay: 'downstream_issue', when: 'The server is shutting down' },
  SERVICE_KEY_UNAPPROVED: {
    status: 409,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'The key of a service waits for the approval of a superuser',
  },
  TOKEN_ROTATION_FAILED: {
    status: 500,
    oci: 'UNSUPPORTED',
    quay: 'token_rotation_failed',
    when: 'A token could not be replaced by a new one; the old one goes on',
  },
  CLIENT_CLOSED_REQUEST: {
    status: 499,
    oci: 'UNSUPPORTED',
    quay: 'invalid_request',
    when: 'The client went away; only seen in logs',
  },
  INTERNAL: {
    status: 500,
    oci: 'UNSUPPORTED',
    quay: 'invalid_response',
    when: 'A defect of the server; the message names a reference that the log has too',
  },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

export interface AppErrorOptions {
  /** Safe, machine-readable facts for the client (OCI `detail`). Never secrets. */
  readonly detail?: unknown;
  readonly cause?: unknown;
  /** Extra response headers (`WWW-Authenticate`, `Retry-After`, `Range`, …). */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A failure that a client may see. Thrown; knows no HTTP beyond its row in {@link ERRORS}. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message Says what could not be done and what to do; sentence case, no final period, values quoted. */
  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
