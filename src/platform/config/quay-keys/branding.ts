import type { KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, choice, INTEGER, mapOf, object, TEXT, TEXTS } from './key-type.ts';

export const brandingKeys: KeyTopic = {
  title: 'Web pages and branding',
  owner: 'web-api',
  keys: {
    REGISTRY_TITLE: { type: TEXT, quay: 'Project Quay', meaning: 'Name of the registry on pages and in mails' },
    REGISTRY_TITLE_SHORT: {
      type: TEXT,
      quay: 'Project Quay',
      meaning: 'Name of the registry where there is little room',
    },
    ENTERPRISE_LOGO_URL: { type: TEXT, meaning: 'Address of the logo' },
    ENTERPRISE_LOGO_URL_DARK: { type: TEXT, meaning: 'Address of the logo on dark pages' },
    BRANDING: {
      type: object({ logo: TEXT, logo_dark: TEXT, footer_img: TEXT, footer_url: TEXT, quay_io: BOOLEAN }),
      quay: '(built in)',
      meaning: 'Logos, and picture and link at the foot of pages',
    },
    FOOTER_LINKS: {
      type: object({ TERMS_OF_SERVICE_URL: TEXT, PRIVACY_POLICY_URL: TEXT, SECURITY_URL: TEXT, ABOUT_URL: TEXT }),
      quay: {},
      meaning: 'Links at the foot of pages',
    },
    CONTACT_INFO: {
      type: TEXTS,
      quay: [],
      meaning: 'Where operators are reached: mailto:, tel:, irc: or web addresses',
    },
    DOCUMENTATION_ROOT: { type: TEXT, quay: 'https://docs.projectquay.io/', meaning: 'Where links to the manual lead' },
    AVATAR_KIND: {
      type: choice('local', 'gravatar'),
      quay: 'local',
      meaning: 'Pictures of users: drawn here, or fetched from gravatar.com',
    },
    AVATAR_COLORS: { type: TEXTS, quay: '(built in)', meaning: 'Colours of drawn pictures' },
    CHANNEL_COLORS: { type: TEXTS, quay: '(built in)', meaning: 'Colours that tell tags of one image apart' },
    SEARCH_RESULTS_PER_PAGE: { type: INTEGER, quay: 10, meaning: 'Results on a page of the search' },
    SEARCH_MAX_RESULT_PAGE_COUNT: { type: INTEGER, quay: 10, meaning: 'Pages of results that can be turned' },
    DEFAULT_UI: {
      type: choice('angular', 'react'),
      quay: 'react',
      obsolete: true,
      meaning: 'Which of Quay’s two web interfaces came first',
    },
    FEATURE_UI_V2: {
      type: BOOLEAN,
      quay: true,
      obsolete: true,
      meaning: 'The newer of the two interfaces was offered',
    },
    DISABLE_ANGULAR_UI: { type: BOOLEAN, quay: false, obsolete: true, meaning: 'The older interface was taken away' },
    UI_V2_FEEDBACK_FORM: { type: TEXT, obsolete: true, meaning: 'Where opinions on the newer interface were sent' },
    FEATURE_UI_MODELCARD: { type: BOOLEAN, quay: true, meaning: 'Models for machine learning show their description' },
    UI_MODELCARD_ARTIFACT_TYPE: {
      type: TEXT,
      quay: 'application/x-mlmodel',
      meaning: 'Artifact type that is taken for a model',
    },
    UI_MODELCARD_ANNOTATION: {
      type: mapOf(TEXT),
      quay: {},
      meaning: 'Annotations of a manifest that is taken for a model',
    },
    UI_MODELCARD_LAYER_ANNOTATION: {
      type: mapOf(TEXT),
      quay: { 'org.opencontainers.image.title': 'README.md' },
      meaning: 'Annotations of the layer with the description of a model',
    },
    FEATURE_UI_DELAY_AFTER_WRITE: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Pages wait after a change until replicas of the database have it',
    },
    UI_DELAY_AFTER_WRITE_SECONDS: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3,
      meaning: 'How long pages wait after a change',
    },
    PUBLIC_NAMESPACES: {
      type: TEXTS,
      quay: [],
      meaning: 'Namespaces that everybody finds among their own repositories',
    },
    STATIC_SITE_BUCKET: { type: TEXT, obsolete: true, meaning: 'Where quay.io kept its advertising pages' },
    GOOGLE_ANALYTICS_KEY: { type: TEXT, meaning: 'Account for counting visits' },
    GOOGLE_TAGMANAGER_KEY: { type: TEXT, meaning: 'Account for scripts that count visits' },
    MARKETO_MUNCHKIN_ID: { type: TEXT, meaning: 'Account for following visitors' },
    MIXPANEL_KEY: { type: TEXT, meaning: 'Account for following visitors, with ANALYTICS_TYPE Mixpanel' },
    ANALYTICS_TYPE: { type: TEXT, quay: 'FakeAnalytics', meaning: 'Service that is told what users do' },
    FEATURE_USER_EVENTS: { type: BOOLEAN, quay: true, meaning: 'Pages hear at once of pushes and builds' },
    STATUS_TAGS: { type: mapOf(ANY), quay: '(built in)', meaning: 'Pictures that show the state of a build' },
  },
};
