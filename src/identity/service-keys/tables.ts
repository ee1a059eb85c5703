export interface RegisteredKeyTables {
  /** Keys of services; those that sign the registry's own tokens are in `service_key`. */
  registered_key: {
    kid: string;
    service: string;
    name: string;
    /** JSON Web Key (RFC 7517) of the public key. */
    jwk: string;
    /** JSON object. */
    metadata: string;
    created_at: number;
    expires_at: number | null;
    rotation_seconds: number | null;
    approval_type: string | null;
    approved_by: string | null;
    /** null: nobody has approved it yet. */
    approved_at: number | null;
    approval_notes: string | null;
    /** Where a key that nobody had approved came from, as addresses are counted. */
    registered_from: string | null;
    /** The key that has taken its place. */
    successor_kid: string | null;
  };
  /** Tokens that have changed a key and may not do so again; by the hash of what is signed. */
  spent_key_token: { digest: string; expires_at: number };
  /** Shared with the rest of the instance; only the row `service_key_registration` belongs here. */
  instance_setting: { key: string; value: string };
}
