import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StorageEngine } from '../ports.ts';
import { contentOf, holds, listUploads, sha256Of } from './content.ts';
import { coded, type EngineUnderTest } from './engine-under-test.ts';

interface Model {
  /** Bytes of each upload that has any request behind it; undefined when it does not exist. */
  readonly uploads: (Uint8Array | undefined)[];
  readonly blobs: Map<string, Uint8Array>;
}

interface Real {
  readonly engine: StorageEngine;
  readonly ids: readonly string[];
}

type Command = fc.AsyncCommand<Model, Real>;

/** Sizes around what engines gather, so that some requests are sent in parts. */
const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 500_000, max: 1_200_000 }));
const slot = fc.integer({ min: 0, max: 2 });

/** One request body: from an offset (in 1/8 of what is there, or beyond it), ended or aborted. */
const append = fc
  .record({
    slot,
    eighths: fc.integer({ min: 0, max: 9 }),
    size,
    seed: fc.nat(1000),
    ends: fc.boolean(),
    durable: fc.boolean(),
  })
  .map((step): Command => ({
    check: () => true,
    toString: () => `append(${JSON.stringify(step)})`,
    async run(model, { engine, ids }) {
      const stored = model.uploads[step.slot];
      const id = ids[step.slot] ?? '';
      const offset =
        step.eighths === 9 ? (stored?.byteLength ?? 0) + 1 : Math.floor(((stored?.byteLength ?? 0) * step.eighths) / 8);
      if (step.eighths === 9) {
        await expect(engine.uploads.append(id, offset, 'sha256')).rejects.toEqual(coded('BLOB_UPLOAD_UNKNOWN'));
        return;
      }
      const kept = stored?.slice(0, offset) ?? new Uint8Array();
      const content = contentOf(step.size, step.seed);
      const sink = await engine.uploads.append(id, offset, 'sha256');
      for (let at = 0; at < content.byteLength; at += 65_536) await sink.write(content.subarray(at, at + 65_536));
      if (step.ends) {
        expect(await sink.end({ durable: step.durable })).toBe(offset + content.byteLength);
        model.uploads[step.slot] = new Uint8Array(Buffer.concat([kept, content]));
      } else {
        await sink.abort();
        model.uploads[step.slot] = offset === 0 ? undefined : kept;
        // Whether the old bytes are still there after an aborted restart is left to the engine.
        if (offset === 0) await engine.uploads.discard(id);
      }
    },
  }));

const finish = fc.record({ slot, right: fc.boolean() }).map((step): Command => ({
  check: () => true,
  toString: () => `finish(${JSON.stringify(step)})`,
  async run(model, { engine, ids }) {
    const stored = model.uploads[step.slot];
    const id = ids[step.slot] ?? '';
    const digest = sha256Of(step.right && stored !== undefined ? stored : contentOf(64, 5000));
    const finished = engine.uploads.finish(id, stored?.byteLength ?? 0, digest);
    if (stored === undefined) {
      await expect(finished).rejects.toEqual(coded('BLOB_UPLOAD_UNKNOWN'));
    } else if (!step.right) {
      await expect(finished).rejects.toEqual(coded('DIGEST_INVALID'));
    } else {
      expect(await finished).toEqual({ sha256: digest, sha512: undefined, sizeBytes: stored.byteLength });
      model.uploads[step.slot] = undefined;
      model.blobs.set(digest, stored);
    }
  },
}));

const discard = fc.record({ slot }).map((step): Command => ({
  check: () => true,
  toString: () => `discard(${step.slot})`,
  async run(model, { engine, ids }) {
    await engine.uploads.discard(ids[step.slot] ?? '');
    model.uploads[step.slot] = undefined;
  },
}));

/** Random requests against three uploads; the engine must hold what the model holds, at every step and at the end. */
export function describeUploadModel(name: string, make: () => Promise<EngineUnderTest>): void {
  it(`${name}: uploads behave like their model`, { timeout: 60_000 }, async () => {
    const subject = await make();
    try {
      await fc.assert(
        fc.asyncProperty(fc.commands([append, append, finish, discard], { maxCommands: 12 }), async (commands) => {
          const { engine } = subject;
          const ids = [randomUUID(), randomUUID(), randomUUID()];
          const model: Model = { uploads: [undefined, undefined, undefined], blobs: new Map() };
          await fc.asyncModelRun(() => ({ model, real: { engine, ids } }), commands);

          const alive = ids.filter((_, index) => model.uploads[index] !== undefined);
          expect(await listUploads(engine.uploads)).toEqual(alive.toSorted());
          for (const content of model.blobs.values()) expect(await holds(engine, content)).toBe(true);
          for (const id of ids) await engine.uploads.discard(id);
        }),
        { numRuns: 40 },
      );
    } finally {
      await subject.dispose();
    }
  });
}
