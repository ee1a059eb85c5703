import { afterAll, beforeAll, describe } from 'vitest';
import { available, hasProgram } from '../../support/components.ts';
import { buildImage, makeBaseImages } from './build-image.ts';
import { describeComposeShape } from './compose-shape.ts';
import { type ContainerEngine, prepareEngine } from './container-engine.ts';
import { describeImage } from './image.ts';
import { describeMirrorRole } from './mirror-role.ts';

const IMAGE = 'localhost/gantry-test/gantry:1';
const BUILD_MS = 300_000;
const asRoot = process.getuid?.() === 0;
const programs = ['podman', 'buildah', 'runc', 'skopeo', 'mmdebstrap'].map((name) =>
  available(name, asRoot && hasProgram(name)),
);

describe.skipIf(!programs.every(Boolean))('the container image', { timeout: 120_000 }, () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = prepareEngine();
    await makeBaseImages(engine);
    await buildImage(engine, IMAGE);
  }, BUILD_MS);
  afterAll(() => engine.dispose(), BUILD_MS);

  describeImage(() => engine, IMAGE);
  describeMirrorRole(() => engine, IMAGE);
  describeComposeShape(() => engine, IMAGE);
});
