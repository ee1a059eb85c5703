import type { Database } from '../../src/platform/db/index.ts';
import { testBox } from './identity.ts';

/** A mail that waits to be sent. */
export interface QueuedMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The mails that wait in the queue, which are taken out of it. */
export async function takeMails(db: Database): Promise<readonly QueuedMail[]> {
  return db.transaction(async (tx) => {
    const jobs = tx.query<{ job: { id: number; queue: string; payload: string } }>();
    const rows = await jobs.deleteFrom('job').where('queue', '=', 'send_mail').returningAll().execute();
    return rows
      .toSorted((a, b) => a.id - b.id)
      .map(({ payload }) => {
        const { sealed } = JSON.parse(payload) as { sealed: string };
        return JSON.parse(testBox.open(sealed, 'queued mail')) as QueuedMail;
      });
  });
}

/** The code in the link of a mail. */
export function codeIn({ text }: QueuedMail): string {
  return /\?code=([\w-]+)/.exec(text)?.[1] ?? '';
}
