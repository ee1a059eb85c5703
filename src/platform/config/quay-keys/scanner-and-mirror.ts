import type { KeyTopic } from './key-topic.ts';
import { BOOLEAN, INTEGER, SECRET, SIZE, TEXT, TEXTS } from './key-type.ts';

export const scannerKeys: KeyTopic = {
  title: 'Security scanner',
  owner: 'scanner',
  keys: {
    FEATURE_SECURITY_SCANNER: { type: BOOLEAN, quay: false, meaning: 'Images are scanned for known weaknesses' },
    FEATURE_SECURITY_NOTIFICATIONS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'News about weaknesses in scanned images is sent',
    },
    FEATURE_SECURITY_SCANNER_NOTIFY_ON_NEW_INDEX: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The first scan of an image sends news too',
    },
    NOTIFICATION_MIN_SEVERITY_ON_NEW_INDEX: {
      type: TEXT,
      quay: 'High',
      meaning: 'Least severity of news from the first scan of an image',
    },
    SECURITY_SCANNER_V4_ENDPOINT: { type: TEXT, meaning: 'Address of an outside Clair' },
    SECURITY_SCANNER_V4_PSK: { type: SECRET, meaning: 'Key that proves requests to an outside Clair' },
    SECURITY_SCANNER_INDEXING_INTERVAL: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often images to scan are looked for',
    },
    SECURITY_SCANNER_V4_REINDEX_THRESHOLD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      meaning: 'Least time before an image is scanned again',
    },
    SECURITY_SCANNER_V4_INDEX_MAX_LAYER_SIZE: { type: SIZE, meaning: 'Larger layers are not scanned' },
    SECURITY_SCANNER_V4_MANIFEST_CLEANUP: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Clair forgets images that are gone from here',
    },
    SECURITY_SCANNER_V4_INDEXING: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The older of Quay’s two ways to find images to scan runs',
    },
    SECURITY_SCANNER_V4_BATCH_SIZE: {
      type: INTEGER,
      quay: 0,
      meaning: 'Images that the older way takes at a time; 0: as many as fit',
    },
    SECURITY_SCANNER_V4_RECENT_MANIFEST_BATCH_SIZE: {
      type: INTEGER,
      quay: 1000,
      meaning: 'New images that the older way takes at a time',
    },
    SECURITY_SCANNER_V4_LOCK: { type: BOOLEAN, obsolete: true, meaning: 'One node alone looked for images to scan' },
    SECURITY_SCANNER_V4_RECENT_MANIFEST_BATCH_LOCK: {
      type: BOOLEAN,
      obsolete: true,
      meaning: 'One node alone looked for new images to scan',
    },
    SECURITY_SCANNER_V4_NAMESPACE_WHITELIST: { type: TEXTS, obsolete: true, meaning: 'Never read by Quay’s server' },
    FEATURE_SECURITY_SCANNER_V2: {
      type: BOOLEAN,
      quay: false,
      meaning: 'The newer of Quay’s two ways to find images to scan runs',
    },
    SECURITY_SCANNER_V2_BATCH_SIZE: {
      type: INTEGER,
      quay: 50,
      meaning: 'Images that the newer way to find work takes at a time',
    },
    SECURITY_SCANNER_V2_INDEXING_INTERVAL: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often the newer way looks for images to scan',
    },
    SECURITY_SCANNER_MAX_SCAN_RETRIES: {
      type: INTEGER,
      quay: 5,
      meaning: 'Attempts to scan an image before it is given up',
    },
    SECURITY_SCANNER_ENDPOINT: { type: TEXT, obsolete: true, meaning: 'Address of a Clair of version 2' },
  },
};

export const mirrorKeys: KeyTopic = {
  title: 'Mirroring and proxy cache',
  owner: 'mirror',
  keys: {
    FEATURE_REPO_MIRROR: { type: BOOLEAN, quay: false, meaning: 'Repositories can follow those of other registries' },
    REPO_MIRROR_INTERVAL: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often mirrors that are due are looked for',
    },
    REPO_MIRROR_TLS_VERIFY: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The certificate of this registry is checked when its own mirror pushes',
    },
    REPO_MIRROR_SERVER_HOSTNAME: { type: TEXT, meaning: 'Host that the mirror pushes to, in place of SERVER_HOSTNAME' },
    REPO_MIRROR_ROLLBACK: { type: BOOLEAN, quay: false, meaning: 'All tags of a mirror go back when one fails' },
    REPO_MIRROR_TAG_ROLLBACK_PAGE_SIZE: {
      type: INTEGER,
      quay: 100,
      meaning: 'Tags of a mirror that go back at a time',
    },
    REPO_MIRROR_MAX_MANIFEST_LIST_SIZE: {
      type: INTEGER,
      unit: 'bytes',
      quay: 10_485_760,
      meaning: 'Largest index whose platforms are chosen from',
    },
    REPO_MIRROR_MAX_MANIFEST_ENTRIES: {
      type: INTEGER,
      quay: 1000,
      meaning: 'Most entries of an index whose platforms are chosen from',
    },
    REPO_MIRROR_WORKER_REPLICAS: {
      type: INTEGER,
      meaning: 'How many mirror workers there should be, for the health check',
    },
    FEATURE_ORG_MIRROR: { type: BOOLEAN, quay: false, meaning: 'Organizations can follow whole namespaces' },
    ORG_MIRROR_INTERVAL: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often mirrors of organizations that are due are looked for',
    },
    ORG_MIRROR_MAX_DISCOVERY_DURATION: {
      type: INTEGER,
      unit: 'seconds',
      quay: 1800,
      meaning: 'How long finding the repositories of a mirrored namespace may take',
    },
    ORG_MIRROR_BATCH_SIZE: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    ORG_MIRROR_MAX_SYNC_DURATION: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    ORG_MIRROR_DEFAULT_SKOPEO_TIMEOUT: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    ORG_MIRROR_DISCOVERY_TIMEOUT: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    ORG_MIRROR_MAX_REPOS_PER_ORG: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    ORG_MIRROR_MAX_RETRIES: { type: INTEGER, obsolete: true, meaning: 'Never read by Quay' },
    FEATURE_PROXY_CACHE: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Organizations can stand for another registry and keep what is pulled',
    },
    FEATURE_PROXY_CACHE_BLOB_DOWNLOAD: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The proxy cache fetches missing blobs beforehand',
    },
  },
};
