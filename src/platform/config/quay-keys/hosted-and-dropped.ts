import type { KeyTopic } from './key-topic.ts';
import { ANY, BOOLEAN, INTEGER, SECRET, TEXT } from './key-type.ts';

export const hostedServiceKeys: KeyTopic = {
  title: 'The hosted service quay.io',
  owner: 'web-api',
  keys: {
    FEATURE_BILLING: { type: BOOLEAN, quay: false, meaning: 'Accounts are paid for' },
    BILLING_TYPE: { type: TEXT, quay: 'FakeStripe', meaning: 'Service that takes the money' },
    STRIPE_SECRET_KEY: { type: SECRET, meaning: 'Secret part of the account at Stripe' },
    STRIPE_PUBLISHABLE_KEY: { type: TEXT, meaning: 'Public part of the account at Stripe' },
    FEATURE_RH_MARKETPLACE: { type: BOOLEAN, quay: false, meaning: 'Subscriptions bought from Red Hat count' },
    FEATURE_ENTITLEMENT_RECONCILIATION: { type: BOOLEAN, quay: false, meaning: 'Subscriptions are compared regularly' },
    ENTITLEMENT_RECONCILIATION_USER_ENDPOINT: {
      type: TEXT,
      meaning: 'Where customers are looked up to compare subscriptions',
    },
    ENTITLEMENT_RECONCILIATION_MARKETPLACE_ENDPOINT: {
      type: TEXT,
      meaning: 'Where subscriptions are looked up to compare them',
    },
    RECONCILIATION_FREQUENCY: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      meaning: 'How often subscriptions are compared',
    },
    IP_DATA_API_KEY: { type: SECRET, meaning: 'Account for judging the addresses that accounts are made from' },
  },
};

export const droppedKeys: KeyTopic = {
  title: 'Dropped by Quay',
  owner: 'app',
  keys: {
    FEATURE_ACI_CONVERSION: { type: BOOLEAN, obsolete: true, meaning: 'Images for rkt' },
    FEATURE_APP_REGISTRY: {
      type: BOOLEAN,
      obsolete: true,
      meaning: 'A registry for applications before OCI had artifacts',
    },
    FEATURE_BITTORRENT: { type: BOOLEAN, obsolete: true, meaning: 'Pulls by BitTorrent' },
    BITTORRENT_ANNOUNCE_URL: { type: TEXT, obsolete: true, meaning: 'Tracker for pulls by BitTorrent' },
    BITTORRENT_PIECE_SIZE: { type: INTEGER, obsolete: true, meaning: 'Size of pieces for pulls by BitTorrent' },
    BITTORRENT_FILENAME_PEPPER: {
      type: SECRET,
      obsolete: true,
      meaning: 'Secret in names of files for pulls by BitTorrent',
    },
    GPG2_PRIVATE_KEY_FILENAME: { type: ANY, obsolete: true, meaning: 'Key that signed images for rkt' },
    GPG2_PUBLIC_KEY_FILENAME: {
      type: ANY,
      obsolete: true,
      meaning: 'Public half of the key that signed images for rkt',
    },
  },
};
