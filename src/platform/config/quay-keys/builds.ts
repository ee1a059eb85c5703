import type { KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, INTEGER, listOf, object, SECRET, TEXT } from './key-type.ts';

export const buildKeys: KeyTopic = {
  title: 'Builds',
  owner: 'builds',
  keys: {
    FEATURE_BUILD_SUPPORT: { type: BOOLEAN, quay: true, meaning: 'Images can be built from Dockerfiles' },
    FEATURE_GITHUB_BUILD: { type: BOOLEAN, quay: false, meaning: 'Pushes to GitHub start builds' },
    GITHUB_TRIGGER_CONFIG: {
      type: object({ GITHUB_ENDPOINT: TEXT, API_ENDPOINT: TEXT, CLIENT_ID: TEXT, CLIENT_SECRET: SECRET }),
      meaning: 'How GitHub is reached to start builds',
    },
    FEATURE_BITBUCKET_BUILD: { type: BOOLEAN, quay: false, meaning: 'Pushes to Bitbucket start builds' },
    BITBUCKET_TRIGGER_CONFIG: {
      type: object({ CONSUMER_KEY: TEXT, CONSUMER_SECRET: SECRET }),
      meaning: 'How Bitbucket is reached to start builds',
    },
    FEATURE_GITLAB_BUILD: { type: BOOLEAN, quay: false, meaning: 'Pushes to GitLab start builds' },
    GITLAB_TRIGGER_CONFIG: {
      type: object({ GITLAB_ENDPOINT: TEXT, CLIENT_ID: TEXT, CLIENT_SECRET: SECRET }),
      meaning: 'How GitLab is reached to start builds',
    },
    GITLAB_TRIGGER_KIND: { type: ANY, obsolete: true, meaning: 'Read by nothing in Quay' },
    BUILD_MANAGER: {
      type: listOf(ANY),
      quay: ['enterprise', {}],
      meaning: 'What runs builds: [name, {parameters}]',
    },
    BUILDMAN_HOSTNAME: { type: TEXT, meaning: 'Host that builders report to' },
    BUILDMAN_CONTROLLER_PORT: { type: INTEGER, quay: 8686, meaning: 'Port that builders report to' },
    FEATURE_READER_BUILD_LOGS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Who may read a repository may read its build logs',
    },
    LOG_ARCHIVE_LOCATION: { type: TEXT, quay: 'local_us', meaning: 'Storage engine for logs of finished builds' },
    LOG_ARCHIVE_PATH: {
      type: TEXT,
      quay: 'logarchive/',
      meaning: 'Folder for logs of finished builds in their storage engine',
    },
    DEFAULT_NAMESPACE_MAXIMUM_BUILD_COUNT: { type: INTEGER, meaning: 'Most builds of a namespace that may wait' },
    BILLED_NAMESPACE_MAXIMUM_BUILD_COUNT: {
      type: INTEGER,
      meaning: 'Most builds that may wait in a namespace that pays',
    },
    THREAT_NAMESPACE_MAXIMUM_BUILD_COUNT: {
      type: INTEGER,
      meaning: 'Most builds that may wait for an account made at a suspicious address',
    },
    SUCCESSIVE_TRIGGER_FAILURE_DISABLE_THRESHOLD: {
      type: INTEGER,
      quay: 100,
      meaning: 'Builds that fail one after the other before their trigger is turned off',
    },
    SUCCESSIVE_TRIGGER_INTERNAL_ERROR_DISABLE_THRESHOLD: {
      type: INTEGER,
      quay: 5,
      meaning: 'Faults of the builder one after the other before a trigger is turned off',
    },
  },
};
