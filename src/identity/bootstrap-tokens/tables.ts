export interface BootstrapTables {
  /** The access tokens that programs find in a file. */
  bootstrap_token: {
    access_token_id: number;
    /** Until when one request has the right to renew it. */
    renewing_until: number;
  };
}
