import { stat } from 'node:fs/promises';
import type { Clock } from '../../kernel/clock.ts';

/** How often watched files are looked at, in milliseconds; a look costs one `stat` for each. */
export const LOOK_EVERY_MS = 2000;

/**
 * A text that changes when one of the files does. Links are followed, so the exchange of a mounted Kubernetes secret, whose
 * files are links into a directory that is replaced, is a change too. A file that is missing or unreadable counts as absent.
 */
export async function fingerprintFiles(paths: readonly string[]): Promise<string> {
  const parts = paths.map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found === undefined ? `${path} -` : `${path} ${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  });
  return (await Promise.all(parts)).join('\n');
}

export interface FileWatch {
  readonly clock: Clock;
  /** The fingerprint of what the caller has read; taken before it was read, so that nothing falls between. */
  readonly known: string;
  readonly fingerprint: () => Promise<string>;
  readonly changed: () => Promise<void>;
}

/**
 * Calls `changed` after the fingerprint has changed and then stayed the same for one look: two files that belong together are
 * not read while only one of them is new. Polls, because notifications do not cross network and overlay file systems.
 * `changed` must not reject. The returned function ends the watch.
 */
export function watchFiles({ clock, known, fingerprint, changed }: FileWatch): () => void {
  let read = known;
  let last = known;
  let ended = false;
  let cancel = clock.after(LOOK_EVERY_MS, () => void look());
  async function look(): Promise<void> {
    const found = await fingerprint().catch(() => last);
    if (ended) return;
    if (found === last && found !== read) {
      read = found;
      await changed();
    }
    last = found;
    if (!isEnded()) cancel = clock.after(LOOK_EVERY_MS, () => void look());
  }
  const isEnded = (): boolean => ended;
  return () => {
    ended = true;
    cancel();
  };
}
