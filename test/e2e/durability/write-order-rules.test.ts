import { describe, expect, test } from 'vitest';
import { parseTrace } from './syscall-trace.ts';
import { blobOrder } from './write-order.ts';

const HEX = 'ab'.repeat(32);
const PORT = 50_000;
const UPLOAD = '/data/uploads/0189';
const PLACE = `/data/sha256/ab`;

/** What a server does for one blob when it keeps the order. */
const IN_ORDER = [
  `1 pwrite64(20<${UPLOAD}>, "bytes", 5, 0) = 5`,
  `2 fdatasync(20<${UPLOAD}> <unfinished ...>`,
  '1 openat(AT_FDCWD</>, "/elsewhere", O_RDONLY) = 9',
  '2 <... fdatasync resumed>) = 0',
  `2 mkdir("${PLACE}", 0777) = 0`,
  '2 fsync(21</data/sha256>) = 0',
  `2 rename("${UPLOAD}", "${PLACE}/${HEX}") = 0`,
  `2 fsync(22<${PLACE}>) = 0`,
  '3 pwrite64(23</data/gantry.db-wal>, "frames", 6, 0) = 6',
  '3 fdatasync(23</data/gantry.db-wal>) = 0',
  `1 write(24<TCP:[127.0.0.1:8080->127.0.0.1:${PORT}]>, "HTTP/1.1 201 Created\\r\\nDocker-Content-Digest: sha256:${HEX}", 90) = 90`,
];

function judge(lines: readonly string[]): string | undefined {
  return blobOrder({ calls: parseTrace(lines.join('\n')), database: 'sqlite', clientPort: PORT }, HEX);
}

/** The trace without, or with another place for, the only line that holds the text. */
function without(text: string): string[] {
  return IN_ORDER.filter((line) => !line.includes(text));
}
function moved(text: string, to: number): string[] {
  const line = IN_ORDER.filter((candidate) => candidate.includes(text));
  return without(text).toSpliced(to, 0, ...line);
}

describe('the check of the order of durable steps', () => {
  test('accepts the right order, also where calls of several threads overlap', () => {
    expect(judge(IN_ORDER)).toBeUndefined();
  });

  test.each([
    ['the data is never synced', without('fdatasync(20'), 'the data was not made durable before the move'],
    ['the move comes before the sync has ended', moved('rename', 2), 'the data was not made durable before the move'],
    ['the directory is not synced', without(`fsync(22`), 'the directory was not made durable after the move'],
    [
      'the directory is synced before the move',
      moved('fsync(22', 5),
      'the directory was not made durable after the move',
    ],
    ['a new directory is not synced', without('fsync(21'), `the new directory ${PLACE} was not made durable`],
    ['the commit is not synced', without('fdatasync(23'), 'the answer was sent before the database had committed'],
    [
      'the commit comes after the answer',
      moved('fdatasync(23', 10),
      'the answer was sent before the database had committed',
    ],
    [
      'the answer comes before the place is durable',
      moved('HTTP/1.1', 6),
      'the answer was sent before the place was durable',
    ],
  ])('complains when %s', (_, lines, complaint) => {
    expect(judge(lines)).toBe(complaint);
  });
});
