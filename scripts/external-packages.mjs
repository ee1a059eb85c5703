/** Native code, which is not bundled: an installation needs these packages beside the bundle. */
export const NATIVE_PACKAGES = ['@node-rs/bcrypt'];

/** Not bundled either: what its users load only when they find it, which here they do not. */
export const ABSENT_PACKAGES = ['pg-native', 'pg-cloudflare'];
