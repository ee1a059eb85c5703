import type { ManifestRecord } from '../catalog/index.ts';
import { AppError } from '../kernel/errors.ts';
import { isImageManifestType, isIndexType, MEDIA_TYPES } from '../kernel/media-types.ts';
import {
  invalid,
  isRecord,
  parseAnnotations,
  parseDescriptor,
  parseDescriptors,
  parseOptionalText,
  refuseLookalikes,
} from './descriptor.ts';
import type { Descriptor } from './descriptor.ts';
import { findJsonFault } from './scan-json.ts';

/** What a manifest says; the sums of its bytes are the caller's. */
export type ParsedManifest = Omit<ManifestRecord, 'digest' | 'digestSha512' | 'bytes'>;

type Document = Readonly<Record<string, unknown>>;

const MANIFEST_TYPE = /^application\/[a-z0-9][a-z0-9.+_-]{0,120}\+json$/i;
const UNDISTRIBUTABLE = /^application\/vnd\.(?:docker\.image\.rootfs\.foreign\.|oci\.image\.layer\.nondistributable\.)/;
/** Build caches list layers and a cache config as entries of an index: these are blobs, not manifests. */
const BLOB_ENTRY =
  /^application\/(?:octet-stream$|vnd\.(?:oci\.image\.(?:layer|config)\.|docker\.(?:image\.rootfs|container\.image)\.|buildkit\.cacheconfig\.))/;
const FIELDS = [
  'schemaVersion',
  'mediaType',
  'artifactType',
  'config',
  'layers',
  'manifests',
  'blobs',
  'subject',
  'annotations',
];
const ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json';

/**
 * Reads a manifest (image-spec manifest.md, image-index.md; Docker manifest v2 schema 2). JSON of other types is taken as it
 * is and refers to nothing.
 * @param contentType of the request; parameters are ignored
 * Errors: MANIFEST_INVALID, MANIFEST_TYPE_UNSUPPORTED.
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const document = parseDocument(bytes);
  const mediaType = chooseMediaType(document, contentType);
  if (isImageManifestType(mediaType)) return imageManifest(document, mediaType);
  if (isIndexType(mediaType)) return index(document, mediaType);
  if (mediaType === ARTIFACT_MANIFEST) return artifactManifest(document, mediaType);
  return {
    mediaType,
    configMediaType: undefined,
    artifactType: undefined,
    subject: undefined,
    annotations: undefined,
    blobs: [],
    optionalBlobs: [],
    children: [],
    layersSizeBytes: undefined,
  };
}

function parseDocument(bytes: Uint8Array): Document {
  let fault: string | undefined;
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    fault = findJsonFault(text);
    if (fault === undefined) value = JSON.parse(text);
  } catch (error) {
    throw invalid('it is not JSON in UTF-8', error);
  }
  if (fault !== undefined) throw invalid(fault);
  if (!isRecord(value)) throw invalid('it is not a JSON object');
  return value;
}

function chooseMediaType(document: Document, contentType: string | undefined): string {
  const announced = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  // Media types are the same in upper and lower case (RFC 6838 §4.2); what decides on references must not be fooled by that.
  const stated = parseOptionalText(document['mediaType'], 'mediaType')?.toLowerCase();
  const isSchema1 = document['schemaVersion'] === 1;
  if (isSchema1 || announced === MEDIA_TYPES.dockerSchema1 || announced === MEDIA_TYPES.dockerSchema1Signed) {
    throw new AppError(
      'MANIFEST_TYPE_UNSUPPORTED',
      'Docker image manifests of schema 1 are not accepted; push with Docker 1.10 or newer, or convert with "skopeo copy --format v2s2"',
    );
  }
  const generic = announced === '' || announced === 'application/json';
  if (generic && stated === undefined) {
    throw invalid('neither the Content-Type header nor the field "mediaType" says what it is; set one of them');
  }
  if (!generic && stated !== undefined && stated !== announced) {
    throw invalid(`the Content-Type is "${announced.slice(0, 140)}" but "mediaType" is "${stated.slice(0, 140)}"`);
  }
  const mediaType = stated ?? announced;
  if (!MANIFEST_TYPE.test(mediaType)) {
    throw new AppError(
      'MANIFEST_TYPE_UNSUPPORTED',
      `"${mediaType.slice(0, 140)}" is not a type of manifests; use one that begins with "application/" and ends with "+json"`,
    );
  }
  return mediaType;
}

function imageManifest(document: Document, mediaType: string): ParsedManifest {
  refuseLookalikes(document, FIELDS, 'the document');
  requireVersion2(document);
  // One document that reads as two kinds is how a client is shown another image than the scanner.
  if (isFilled(document['manifests'])) throw invalid('an image manifest must not have "manifests"');
  const config = parseDescriptor(document['config'], 'config');
  const layers = parseDescriptors(document['layers'], 'layers');
  const isUndistributable = (layer: Descriptor): boolean => UNDISTRIBUTABLE.test(layer.mediaType);
  return {
    mediaType,
    configMediaType: config.mediaType,
    artifactType: parseOptionalText(document['artifactType'], 'artifactType') ?? config.mediaType,
    subject: parseSubject(document),
    annotations: parseAnnotations(document['annotations']),
    blobs: [config, ...layers.filter((layer) => !isUndistributable(layer))].map((descriptor) => descriptor.digest),
    optionalBlobs: layers.filter(isUndistributable).map((layer) => layer.digest),
    children: [],
    // What is not stored here may claim any size.
    layersSizeBytes: Math.min(
      layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
      Number.MAX_SAFE_INTEGER,
    ),
  };
}

function index(document: Document, mediaType: string): ParsedManifest {
  refuseLookalikes(document, FIELDS, 'the document');
  requireVersion2(document);
  if (isFilled(document['layers']) || isFilled(document['config'])) {
    throw invalid('an index must not have "config" or "layers"');
  }
  if (document['manifests'] === undefined) throw invalid('an index must have "manifests"');
  const entries = parseDescriptors(document['manifests'], 'manifests');
  return {
    mediaType,
    configMediaType: undefined,
    artifactType: parseOptionalText(document['artifactType'], 'artifactType'),
    subject: parseSubject(document),
    annotations: parseAnnotations(document['annotations']),
    blobs: entries.filter(isBlob).map((entry) => entry.digest),
    optionalBlobs: [],
    children: entries.filter((entry) => !isBlob(entry)).map((entry) => entry.digest),
    layersSizeBytes: undefined,
  };
}

/** The artifact manifest of the image-spec's release candidates; some tools still push it. */
function artifactManifest(document: Document, mediaType: string): ParsedManifest {
  refuseLookalikes(document, FIELDS, 'the document');
  return {
    mediaType,
    configMediaType: undefined,
    artifactType: parseOptionalText(document['artifactType'], 'artifactType'),
    subject: parseSubject(document),
    annotations: parseAnnotations(document['annotations']),
    blobs: parseDescriptors(document['blobs'], 'blobs').map((descriptor) => descriptor.digest),
    optionalBlobs: [],
    children: [],
    layersSizeBytes: undefined,
  };
}

function parseSubject(document: Document): ParsedManifest['subject'] {
  const subject = document['subject'];
  return subject === undefined || subject === null ? undefined : parseDescriptor(subject, 'subject').digest;
}

function requireVersion2(document: Document): void {
  if (document['schemaVersion'] !== 2) throw invalid('"schemaVersion" must be 2');
}

function isBlob(entry: Descriptor): boolean {
  return BLOB_ENTRY.test(entry.mediaType);
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}
