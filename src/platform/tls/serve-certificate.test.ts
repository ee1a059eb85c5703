import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeCertificates, type TestCertificates } from '../../../test/support/certificates.ts';
import { createFakeClock, type FakeClock } from '../../../test/support/fake-clock.ts';
import { createLogger } from '../log/index.ts';
import { openServerCertificate, type ServerCertificate } from './serve-certificate.ts';
import { LOOK_EVERY_MS } from './watch-files.ts';

const first = makeCertificates(['reg.test']);
const second = makeCertificates(['reg.test']);

let directory: string;
let clock: FakeClock;
let lines: string[];
let opened: ServerCertificate | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-cert-'));
  clock = createFakeClock(Date.now());
  lines = [];
  opened = undefined;
});
afterEach(() => {
  opened?.close();
  rmSync(directory, { recursive: true, force: true });
});

function put({ certificate, key }: Pick<TestCertificates, 'certificate' | 'key'>, at = directory): void {
  writeFileSync(join(at, 'ssl.cert'), certificate);
  writeFileSync(join(at, 'ssl.key'), key);
}

async function open(): Promise<ServerCertificate> {
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  opened = await openServerCertificate({
    directory,
    hosts: ['reg.test'],
    parameters: { minVersion: 'TLSv1.2' },
    clock,
    log,
  });
  if (opened === undefined) throw new Error('there is no certificate');
  return opened;
}

/** Lets so many looks at the files pass, however long each takes. */
async function look(times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    clock.advance(LOOK_EVERY_MS);
    // A look is three reads of the file system long at most; the next timer shows that it is over.
    await vi.waitFor(() => expect(clock.pending).toBeGreaterThanOrEqual(2));
  }
}

describe('the certificate of the server', () => {
  test('is none where there are no files, and half a pair is refused with the name of the other half', async () => {
    await expect(open()).rejects.toThrow('there is no certificate');
    writeFileSync(join(directory, 'ssl.cert'), first.certificate);
    await expect(open()).rejects.toThrow(`but not "${join(directory, 'ssl.key')}"; TLS needs both`);
    mkdirSync(join(directory, 'ssl.key'));
    await expect(open()).rejects.toThrow('is not a file');
  });

  test('is given with the parameters, and refused when it cannot be served', async () => {
    put(first);
    expect((await open()).current()).toEqual({ minVersion: 'TLSv1.2', cert: first.certificate, key: first.key });
    put({ certificate: first.certificate, key: second.key });
    await expect(open()).rejects.toThrow(/TLS cannot be served:\n.*ssl\.key: The private key does not belong/);
  });

  test('follows its files once they have settled', async () => {
    put(first);
    const certificate = await open();
    const applied: SecureContextOptions[] = [];
    certificate.subscribe((options) => void applied.push(options));
    await look(2);
    expect(applied).toEqual([]);
    put(second);
    await look(1);
    expect(applied).toEqual([]);
    await look(1);
    expect(applied).toEqual([expect.objectContaining({ cert: second.certificate })]);
    expect(certificate.current().key).toBe(second.key);
    await look(2);
    expect(applied).toHaveLength(1);
  });

  test('stays when the new pair does not fit, is gone or is out of its time, and each is logged', async () => {
    put(first);
    const certificate = await open();
    const expired = makeCertificates(['reg.test'], { now: Date.now() - 20 * 86_400_000, days: 5 });
    const changes: [() => void, string][] = [
      [() => writeFileSync(join(directory, 'ssl.cert'), second.certificate), 'does not belong'],
      [() => unlinkSync(join(directory, 'ssl.key')), 'TLS needs both'],
      [() => put(expired), 'not valid at this time'],
    ];
    for (const [change, reason] of changes) {
      lines.length = 0;
      change();
      await look(2);
      expect(lines.join('')).toContain(reason);
      expect(certificate.current().cert).toBe(first.certificate);
    }
    put(second);
    await look(2);
    expect(certificate.current().cert).toBe(second.certificate);
    expect(lines.join('')).not.toContain('PRIVATE KEY');
  });

  test('follows a mounted secret, whose directory of files is exchanged behind a link', async () => {
    for (const [name, pair] of Object.entries({ '..1': first, '..2': second })) {
      mkdirSync(join(directory, name));
      put(pair, join(directory, name));
    }
    symlinkSync('..1', join(directory, '..data'));
    for (const file of ['ssl.cert', 'ssl.key']) symlinkSync(join('..data', file), join(directory, file));
    const certificate = await open();
    symlinkSync('..2', join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    await look(2);
    expect(certificate.current().cert).toBe(second.certificate);
  });

  test('is warned of at the start and again each day while something is amiss', async () => {
    put(makeCertificates(['reg.test'], { days: 10 }));
    await open();
    const warned = (): number => lines.filter((line) => line.includes('expires on')).length;
    expect(warned()).toBe(1);
    clock.advance(86_400_000);
    expect(warned()).toBe(2);
  });
});
