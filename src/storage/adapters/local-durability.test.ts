import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { contentOf, sameBytes, sha256Of } from '../testing/content.ts';
import { CrashFileSystem, type CrashOptions } from '../testing/crash-file-system.ts';
import { localLayout } from './local-layout.ts';
import { LocalUploads } from './local-uploads.ts';

const IDS = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const DIRECTORIES = ['/data', '/data/uploads'];

interface Step {
  readonly upload: 0 | 1;
  readonly act: 'append' | 'append durably' | 'abort' | 'finish' | 'discard';
  readonly size: number;
}

const step = fc.record<Step>({
  upload: fc.constantFrom(0, 1),
  act: fc.constantFrom('append', 'append durably', 'append durably', 'abort', 'finish', 'finish', 'discard'),
  size: fc.integer({ min: 1, max: 40 }),
});

/** Both uploads get the same bytes, so that they often finish as the same blob. */
const CONTENT = contentOf(4000, 1);

/** What the client was told before the power went. */
interface Acknowledged {
  readonly blobs: Uint8Array[];
  /** Bytes of each upload that must still be there. */
  readonly durable: Map<string, number>;
}

function uploadsOn(files: CrashFileSystem): LocalUploads {
  return new LocalUploads({ layout: localLayout('/data'), files, clock: systemClock });
}

async function run(files: CrashFileSystem, steps: readonly Step[]): Promise<Acknowledged> {
  const acknowledged: Acknowledged = { blobs: [], durable: new Map() };
  const sizes = new Map<string, number>();
  const uploads = uploadsOn(files);
  try {
    for (const { upload, act, size } of steps) {
      const id = IDS[upload];
      const stored = sizes.get(id) ?? 0;
      if (act === 'discard' || act === 'finish') acknowledged.durable.delete(id);
      if (act === 'discard') {
        uploads.discard(id);
        sizes.delete(id);
      } else if (act === 'finish') {
        if (!sizes.has(id)) continue;
        const content = CONTENT.slice(0, stored);
        await uploads.finish(id, stored, sha256Of(content));
        acknowledged.blobs.push(content);
        sizes.delete(id);
      } else {
        const body = uploads.append(id, stored, 'sha256');
        body.write(CONTENT.subarray(stored, stored + size));
        if (act === 'abort') {
          uploads.abort(id, body);
          continue;
        }
        const durable = act === 'append durably';
        sizes.set(id, await uploads.end(id, body, durable));
        if (durable) acknowledged.durable.set(id, stored + size);
      }
    }
  } catch {
    // The power is off: what was not told by now was not acknowledged.
  }
  return acknowledged;
}

/** Throws when something acknowledged is lost, or something visible is not what its name says. */
async function inspect(survivor: CrashFileSystem, { blobs, durable }: Acknowledged): Promise<void> {
  const files = survivor.files();
  for (const [path, content] of files) {
    if (!path.startsWith('/data/sha256/')) continue;
    const hex = createHash('sha256').update(content).digest('hex');
    if (path !== `/data/sha256/${hex.slice(0, 2)}/${hex}`) throw new Error(`"${path}" is half-written`);
  }
  for (const content of blobs) {
    if (!sameBytes(files.get(localLayout('/data').blob(sha256Of(content))), content)) throw new Error('a blob is lost');
  }
  const uploads = uploadsOn(survivor);
  for (const [id, size] of durable) {
    const body = uploads.append(id, size, 'sha256');
    body.write(CONTENT.subarray(size));
    await uploads.end(id, body, false);
    await uploads.finish(id, CONTENT.byteLength, sha256Of(CONTENT));
  }
}

function property(options: Pick<CrashOptions, 'ignoresSync'> = {}) {
  const steps = fc.array(step, { minLength: 1, maxLength: 12 });
  const luck = fc.oneof(fc.constant([false]), fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }));
  return fc.asyncProperty(steps, fc.nat(70), luck, async (steps, callsUntilPowerCut, draws) => {
    const files = new CrashFileSystem(DIRECTORIES, { callsUntilPowerCut, ...options });
    const acknowledged = await run(files, steps);
    let drawn = 0;
    const survivor = files.afterPowerCut(() => draws[drawn++ % draws.length] ?? false);
    await inspect(survivor, acknowledged);
  });
}

describe('local storage in a power cut', () => {
  it('loses nothing acknowledged and shows nothing half-written', { timeout: 60_000 }, async () => {
    await fc.assert(property(), { numRuns: 1500 });
  });

  // The test must be able to fail: it has to find each of these faults.
  it.each([
    ['the content', (what: string) => what === 'content'],
    ["the blob's directory", (what: string) => what.startsWith('/data/sha256/')],
    ["the parent of the blob's directory", (what: string) => what === '/data/sha256'],
    ["the parent of the algorithm's directory", (what: string) => what === '/data'],
    ['the directory of uploads', (what: string) => what === '/data/uploads'],
  ])('would notice that %s is not synced', async (_what, ignoresSync) => {
    const { failed } = await fc.check(property({ ignoresSync }), { numRuns: 5000 });
    expect(failed).toBe(true);
  });

  it('closes every file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(70), async (steps, callsUntilPowerCut) => {
        const files = new CrashFileSystem(DIRECTORIES, { callsUntilPowerCut });
        await run(files, steps);
        expect(files.openDescriptors).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
