/** The part of the instance's settings that this folder reads and writes. */
export interface CryptoTables {
  instance_setting: { key: string; value: string };
}
