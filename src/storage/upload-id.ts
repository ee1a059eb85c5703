const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether the text is a lower-case UUID. Engines build paths and keys from upload ids, so nothing else may pass. */
export function isUploadId(text: string): boolean {
  return UUID.test(text);
}
