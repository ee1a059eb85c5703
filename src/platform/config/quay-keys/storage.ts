import { isOn, type KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, INTEGER, listOf, mapOf, SIZE, TEXT, TEXTS } from './key-type.ts';

export const storageKeys: KeyTopic = {
  title: 'Storage',
  owner: 'storage',
  keys: {
    DISTRIBUTED_STORAGE_CONFIG: {
      type: mapOf(listOf(ANY)),
      quay: 'required',
      meaning: 'Storage engines: name to [driver, {parameters}]',
    },
    DISTRIBUTED_STORAGE_PREFERENCE: {
      type: TEXTS,
      quay: 'required',
      meaning: 'Names of engines, the one that takes pushes first',
    },
    DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: { type: TEXTS, quay: [], meaning: 'Engines that get a copy of every blob' },
    DISTRIBUTED_STORAGE_VALIDATE_ENDTOEND: {
      type: BOOLEAN,
      quay: false,
      meaning: 'The health check tries every engine, not the preferred alone',
    },
    DISTRIBUTED_STORAGE_REQUIRES_ALL_AVAILABLE: {
      type: BOOLEAN,
      quay: false,
      meaning: 'The health check fails when any storage engine is down',
    },
    FEATURE_STORAGE_REPLICATION: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Blobs are copied to engines at other places',
      stopsStart: { when: isOn, without: 'blobs are kept at one place only' },
    },
    STORAGE_REPLICATION_PROCESSING_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 1200,
      meaning: 'How long copying a blob may take before another worker tries',
    },
    FEATURE_PROXY_STORAGE: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Clients get blobs from the registry, and are never sent to the store',
    },
    CDN_SPECIFIC_NAMESPACES: {
      type: TEXTS,
      quay: [],
      meaning: 'Namespaces whose blobs always come from the delivery network',
    },
    MAXIMUM_LAYER_SIZE: { type: SIZE, quay: '20G', owner: 'registry', meaning: 'Largest blob that can be pushed' },
    USERFILES_LOCATION: {
      type: TEXT,
      quay: 'local_us',
      owner: 'builds',
      meaning: 'Engine for files that users upload for builds',
    },
    USERFILES_PATH: {
      type: TEXT,
      quay: 'userfiles/',
      owner: 'builds',
      meaning: 'Folder in the engine for files that users upload for builds',
    },
    CLEAN_BLOB_UPLOAD_FOLDER: { type: BOOLEAN, quay: true, meaning: 'Left-over files of uploads are removed' },
    BLOBUPLOAD_DELETION_DATE_THRESHOLD: {
      type: INTEGER,
      unit: 'minutes',
      quay: 2880,
      owner: 'registry',
      meaning: 'Age at which an unfinished upload is removed',
    },
    BLOBUPLOAD_CLEANUP_FREQUENCY: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3600,
      owner: 'registry',
      meaning: 'How often unfinished uploads are looked for',
    },
    FEATURE_ENABLE_STALE_MPU_CLEANUP: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Multipart uploads that were left in S3 are ended',
    },
    PUSH_TEMP_TAG_EXPIRATION_SEC: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3600,
      owner: 'registry',
      meaning: 'How long pushed content is kept that no tag refers to yet',
    },
    SEND_FILE_MAX_AGE_DEFAULT: { type: INTEGER, quay: 0, obsolete: true, meaning: 'A setting of Quay’s web framework' },
    USE_X_SENDFILE: { type: BOOLEAN, obsolete: true, meaning: 'A setting of Quay’s web framework' },
  },
};
