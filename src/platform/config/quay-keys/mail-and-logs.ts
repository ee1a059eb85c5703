import type { KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, choice, DURATION, either, INTEGER, object, SECRET, TEXT, TEXTS } from './key-type.ts';

export const mailKeys: KeyTopic = {
  title: 'Mail and notifications',
  owner: 'notify',
  keys: {
    FEATURE_MAILING: { type: BOOLEAN, quay: true, meaning: 'Mail is sent, and users must have a mail address' },
    MAIL_SERVER: { type: TEXT, meaning: 'Host that takes mail' },
    MAIL_PORT: { type: INTEGER, quay: 587, meaning: 'Port of MAIL_SERVER' },
    MAIL_USE_TLS: { type: BOOLEAN, quay: true, meaning: 'The connection to MAIL_SERVER changes to TLS (STARTTLS)' },
    MAIL_USE_AUTH: {
      type: BOOLEAN,
      obsolete: true,
      meaning: 'Not obeyed by Quay, which signs in when MAIL_USERNAME is set',
    },
    MAIL_USERNAME: { type: TEXT, meaning: 'User at MAIL_SERVER' },
    MAIL_PASSWORD: { type: SECRET, meaning: 'Password at MAIL_SERVER' },
    MAIL_DEFAULT_SENDER: { type: TEXT, quay: 'admin@example.com', meaning: 'Sender of all mail' },
    MAIL_FAIL_SILENTLY: { type: BOOLEAN, quay: false, meaning: 'Failures to send are passed over' },
    WEBHOOK_HOSTNAME_BLACKLIST: { type: TEXTS, quay: [], meaning: 'Hosts that notifications may not be sent to' },
    NOTIFICATION_SEND_TIMEOUT: {
      type: INTEGER,
      unit: 'seconds',
      quay: 10,
      meaning: 'How long sending one notification may take',
    },
  },
};

export const logKeys: KeyTopic = {
  title: 'Audit and logs',
  owner: 'audit',
  keys: {
    LOGS_MODEL: {
      type: choice('database', 'transition_reads_both_writes_es', 'elasticsearch', 'splunk'),
      quay: 'database',
      meaning: 'Where audit records are kept',
      stopsStart: {
        when: (value) => value !== 'database',
        without: 'records are kept in the database and nowhere else',
      },
    },
    LOGS_MODEL_CONFIG: {
      type: object({
        producer: choice('kafka', 'elasticsearch', 'kinesis_stream', 'splunk', 'splunk_hec'),
        elasticsearch_config: ANY,
        kafka_config: ANY,
        kinesis_stream_config: ANY,
        splunk_config: ANY,
        splunk_hec_config: ANY,
      }),
      quay: {},
      meaning: 'How the place for audit records is reached',
    },
    FEATURE_ACTION_LOG_ROTATION: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Old audit records move from the database to storage',
    },
    ACTION_LOG_ROTATION_THRESHOLD: {
      type: DURATION,
      quay: '30d',
      meaning: 'Age at which audit records move to storage',
    },
    ACTION_LOG_ROTATION_FREQUENCY: {
      type: INTEGER,
      unit: 'seconds',
      quay: 43_200,
      meaning: 'How often audit records old enough to move are looked for',
    },
    MINIMUM_LOGS_AGE_FOR_ARCHIVE: {
      type: DURATION,
      quay: '7d',
      meaning: 'Least age at which audit records can move to storage',
    },
    ACTION_LOG_ARCHIVE_LOCATION: {
      type: TEXT,
      quay: 'local_us',
      meaning: 'Storage engine that old audit records move to',
    },
    ACTION_LOG_ARCHIVE_PATH: {
      type: TEXT,
      quay: 'actionlogarchive/',
      meaning: 'Folder for old audit records in their storage engine',
    },
    ACTION_LOG_MAX_PAGE: { type: INTEGER, meaning: 'Pages of audit records that can be turned' },
    ACTION_LOG_AUDIT_LOGINS: { type: either(BOOLEAN, TEXT), quay: true, meaning: 'Signing in is recorded' },
    ACTION_LOG_AUDIT_LOGIN_FAILURES: { type: BOOLEAN, quay: false, meaning: 'Failed attempts to sign in are recorded' },
    ACTION_LOG_AUDIT_PULL_FAILURES: { type: BOOLEAN, quay: false, meaning: 'Failed pulls are recorded' },
    ACTION_LOG_AUDIT_PUSH_FAILURES: { type: BOOLEAN, quay: false, meaning: 'Failed pushes are recorded' },
    ACTION_LOG_AUDIT_DELETE_FAILURES: { type: BOOLEAN, quay: false, meaning: 'Failed deletions are recorded' },
    FEATURE_EXTENDED_ACTION_LOGGING: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Audit records tell the request too: address, method, client program',
    },
    ALLOW_PULLS_WITHOUT_STRICT_LOGGING: {
      type: BOOLEAN,
      quay: false,
      meaning: 'A pull succeeds although it cannot be recorded',
    },
    ALLOW_WITHOUT_STRICT_LOGGING: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Anything succeeds although it cannot be recorded',
    },
    DISABLED_FOR_AUDIT_LOGS: { type: TEXTS, quay: [], meaning: 'Namespaces in which nothing is recorded' },
    DISABLED_FOR_PULL_LOGS: { type: TEXTS, quay: [], meaning: 'Namespaces in which pulls are not recorded' },
    FEATURE_DISABLE_PULL_LOGS_FOR_FREE_NAMESPACES: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Pulls from namespaces that pay nothing are not recorded',
    },
    FEATURE_AGGREGATED_LOG_COUNT_RETRIEVAL: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Audit records can be counted by day',
    },
    FEATURE_LOG_EXPORT: { type: BOOLEAN, quay: true, meaning: 'Audit records can be fetched as a file' },
    EXPORT_ACTION_LOGS_STORAGE_PATH: {
      type: TEXT,
      quay: 'exportedactionlogs',
      meaning: 'Folder of exported audit records',
    },
    EXPORT_ACTION_LOGS_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3600,
      meaning: 'How long exported audit records can be fetched',
    },
    EXPORT_ACTION_LOGS_MAXIMUM_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 7200,
      meaning: 'How long exporting audit records may take',
    },
    EXPORT_ACTION_LOGS_MAXIMUM_QUERY_TIME_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 30,
      meaning: 'How long one query may take while audit records are exported',
    },
    EXPORT_ACTION_LOGS_WORKER_POLL_PERIOD: {
      type: INTEGER,
      unit: 'seconds',
      quay: 60,
      meaning: 'How often requests to export audit records are looked for',
    },
    SERVICE_LOG_ACCOUNT_ID: { type: INTEGER, meaning: 'User under whose number the service records its own deeds' },
    LOGGING_LEVEL: { type: TEXT, quay: 'DEBUG', owner: 'platform/log', meaning: 'Least level of what is logged' },
    FEATURE_REPOSITORY_ACTION_COUNTER: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Deeds in a repository are counted by day',
    },
    FEATURE_CLEAR_EXPIRED_RAC_ENTRIES: { type: BOOLEAN, quay: false, meaning: 'Old counts are removed' },
  },
};
