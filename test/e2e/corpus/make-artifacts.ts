import { fileArtifacts, helmChart } from './artifacts.ts';
import { compressedImages, distributionImages, oddImages, platformImages } from './images.ts';
import { referrers, signedImage } from './referrers.ts';

// make-artifacts.ts OUTDIR PARTSDIR [zstd]: the members of the corpus that need no container tools. PARTSDIR holds archives of
// root file systems; with "zstd" the zstd image is made here too.
const [root = '', parts = '', zstd] = process.argv.slice(2);
if (parts === '') throw new Error('usage: make-artifacts.ts OUTDIR PARTSDIR [zstd]');
platformImages(root, parts);
referrers(root);
compressedImages(root, zstd === 'zstd');
helmChart(root);
fileArtifacts(root);
distributionImages(root, parts);
oddImages(root);
signedImage(root);
