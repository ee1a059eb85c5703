/** What a log has not told. */
export interface LogTally {
  /** Lines that could not be written. */
  lost: number;
  /** Lines that were left out because too many said the same. */
  repeated: number;
}

export function createLogTally(): LogTally {
  return { lost: 0, repeated: 0 };
}
