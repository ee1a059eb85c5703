import type { KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, choice, INTEGER, object, TEXTS } from './key-type.ts';

export const quotaKeys: KeyTopic = {
  title: 'Quota',
  owner: 'quota',
  keys: {
    FEATURE_QUOTA_MANAGEMENT: { type: BOOLEAN, quay: false, meaning: 'Storage is counted, and can be limited' },
    FEATURE_EDIT_QUOTA: { type: BOOLEAN, quay: true, meaning: 'Limits of storage can be changed by pages and API' },
    FEATURE_VERIFY_QUOTA: { type: BOOLEAN, quay: true, meaning: 'Pushes beyond a limit of storage are refused' },
    FEATURE_QUOTA_SUPPRESS_FAILURES: { type: BOOLEAN, quay: false, meaning: 'Failures to count storage stop nothing' },
    FEATURE_QUOTA_NOTIFICATIONS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Reaching a limit of storage sends a notification',
    },
    QUOTA_NOTIFICATION_COOLDOWN_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 86_400,
      meaning: 'Least time between two notifications of the same limit',
    },
    QUOTA_NOTIFICATION_WORKER_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      meaning: 'How often limits are looked at for notifications',
    },
    DEFAULT_SYSTEM_REJECT_QUOTA_BYTES: {
      type: INTEGER,
      unit: 'bytes',
      quay: 0,
      meaning: 'Limit of storage for namespaces without their own; 0: none',
    },
    QUOTA_BACKFILL: { type: BOOLEAN, quay: true, meaning: 'What was stored before counting began is counted too' },
    QUOTA_TOTAL_DELAY_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 1800,
      meaning: 'How long after the start counting what was stored before begins',
    },
    QUOTA_BACKFILL_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 15,
      meaning: 'How often counting what was stored before goes on',
    },
    QUOTA_BACKFILL_BATCH_SIZE: {
      type: INTEGER,
      quay: 100,
      meaning: 'Namespaces counted at a time of what was stored before',
    },
    QUOTA_REGISTRY_SIZE_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 60,
      meaning: 'How often requests for the size of everything are looked for',
    },
    QUOTA_INVALIDATE_TOTALS: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Writes while storage is not counted make its counts void',
    },
  },
};

export const removalKeys: KeyTopic = {
  title: 'Pruning, garbage collection and pull counts',
  owner: 'gc',
  keys: {
    FEATURE_AUTO_PRUNE: { type: BOOLEAN, quay: false, meaning: 'Pruning policies can remove old tags' },
    DEFAULT_NAMESPACE_AUTOPRUNE_POLICY: {
      type: object({ method: choice('number_of_tags', 'creation_date'), value: ANY }),
      meaning: 'The registry-wide pruning policy, for namespaces without their own',
    },
    AUTO_PRUNING_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often pruning policies are looked at',
    },
    AUTO_PRUNING_BATCH_SIZE: { type: INTEGER, quay: 10, meaning: 'Pruning policies carried out at a time' },
    AUTO_PRUNING_DEFAULT_POLICY_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 86_400,
      meaning: 'How often the registry-wide pruning policy is carried out',
    },
    AUTO_PRUNING_DEFAULT_POLICY_BATCH_SIZE: {
      type: INTEGER,
      quay: 10,
      meaning: 'Namespaces that the registry-wide pruning policy takes at a time',
    },
    AUTO_PRUNING_DEFAULT_POLICY_FETCH_NAMESPACES_LIMIT: {
      type: INTEGER,
      meaning: 'Namespaces that the registry-wide pruning policy reads at a time',
    },
    AUTOPRUNE_TASK_RUN_MINIMUM_INTERVAL_MINUTES: {
      type: INTEGER,
      unit: 'minutes',
      quay: 60,
      meaning: 'Least time between two runs of one pruning policy',
    },
    AUTOPRUNE_FETCH_TAGS_PAGE_LIMIT: { type: INTEGER, quay: 100, meaning: 'Tags that pruning reads at a time' },
    AUTOPRUNE_FETCH_REPOSITORIES_PAGE_LIMIT: {
      type: INTEGER,
      quay: 50,
      meaning: 'Repositories that pruning reads at a time',
    },
    AUTOPRUNE_DEFAULT_POLICY_TIMEOUT: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3600,
      meaning: 'How long one run of the registry-wide pruning policy may take',
    },
    FEATURE_GARBAGE_COLLECTION: { type: BOOLEAN, quay: true, meaning: 'What no tag needs is removed' },
    FEATURE_NAMESPACE_GARBAGE_COLLECTION: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The content of deleted namespaces is removed',
    },
    FEATURE_REPOSITORY_GARBAGE_COLLECTION: {
      type: BOOLEAN,
      quay: true,
      meaning: 'The content of deleted repositories is removed',
    },
    GARBAGE_COLLECTION_FREQUENCY: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How often what no tag needs is looked for',
    },
    NAMESPACE_GC_GRACE_PERIOD_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 0,
      meaning: 'How long deleted namespaces keep their content',
    },
    NAMESPACE_GC_GRACE_PERIOD_ALLOWLIST: {
      type: TEXTS,
      quay: [],
      meaning: 'Namespaces that keep their content for a while when they are deleted',
    },
    FEATURE_MANIFEST_SIZE_BACKFILL: { type: BOOLEAN, quay: true, obsolete: true, meaning: 'Old rows got a size' },
    FEATURE_MANIFEST_SUBJECT_BACKFILL: { type: BOOLEAN, quay: true, obsolete: true, meaning: 'Old rows got a subject' },
    MANIFEST_BACKFILL_WORKER_FREQUENCY: {
      type: INTEGER,
      obsolete: true,
      meaning: 'How often rows without a size were looked for',
    },
    MANIFEST_SUBJECT_BACKFILL_WORKER_FREQUENCY: {
      type: INTEGER,
      obsolete: true,
      meaning: 'How often rows without a subject were looked for',
    },
    FEATURE_IMAGE_PULL_STATS: {
      type: BOOLEAN,
      quay: false,
      owner: 'audit',
      meaning: 'Pulls are counted for each tag and manifest',
    },
    PULL_METRICS_WORKER_COUNT: { type: INTEGER, quay: 5, owner: 'audit', meaning: 'Threads that count pulls' },
    REDIS_FLUSH_INTERVAL_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      owner: 'audit',
      meaning: 'How often counts of pulls move from Redis to the database',
    },
    REDIS_FLUSH_WORKER_BATCH_SIZE: {
      type: INTEGER,
      quay: 1000,
      owner: 'audit',
      meaning: 'Counts of pulls that move to the database at a time',
    },
    REDIS_FLUSH_WORKER_SCAN_COUNT: {
      type: INTEGER,
      quay: 100,
      owner: 'audit',
      meaning: 'Counts of pulls looked for in Redis at a time',
    },
  },
};
