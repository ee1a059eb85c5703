import { z } from 'zod';
import { defineConfig, durationMs } from '../../platform/config/index.ts';

/** The settings of organizations and teams. */
export interface OrganizationSettings {
  /** FEATURE_REQUIRE_TEAM_INVITE. */
  readonly requireTeamInvite: boolean;
  /** FEATURE_PARTIAL_USER_AUTOCOMPLETE. */
  readonly partialUserAutocomplete: boolean;
  readonly tagExpiration: TagExpirationSettings;
}

/** How long deleted tags of a namespace can be brought back, all in seconds. */
export interface TagExpirationSettings {
  /** DEFAULT_TAG_EXPIRATION. */
  readonly defaultSeconds: number;
  /** TAG_EXPIRATION_OPTIONS. */
  readonly optionsSeconds: readonly number[];
  /** FEATURE_CHANGE_TAG_EXPIRATION. */
  readonly changeable: boolean;
}

export const organizationConfig = defineConfig({
  FEATURE_REQUIRE_TEAM_INVITE: {
    schema: z.boolean(),
    default: true,
    description: 'Who is in no team of an organization yet is asked by mail before he joins one; needs mail',
  },
  FEATURE_PARTIAL_USER_AUTOCOMPLETE: {
    schema: z.boolean(),
    default: true,
    description: 'Users are found by the beginning of their name; otherwise by the whole name only',
  },
  DEFAULT_TAG_EXPIRATION: {
    schema: durationMs(),
    default: '2w',
    description: 'How long deleted tags can be brought back, unless the namespace says otherwise',
  },
  TAG_EXPIRATION_OPTIONS: {
    schema: z.array(durationMs()).min(1),
    default: ['0s', '1d', '1w', '2w', '4w'],
    description: 'Times that owners of namespaces may choose from for DEFAULT_TAG_EXPIRATION',
  },
  FEATURE_CHANGE_TAG_EXPIRATION: {
    schema: z.boolean(),
    default: true,
    description: 'Owners of namespaces may choose how long deleted tags can be brought back',
  },
});

export function organizationSettings(config: {
  readonly FEATURE_REQUIRE_TEAM_INVITE: boolean;
  readonly FEATURE_PARTIAL_USER_AUTOCOMPLETE: boolean;
  readonly DEFAULT_TAG_EXPIRATION: number;
  readonly TAG_EXPIRATION_OPTIONS: readonly number[];
  readonly FEATURE_CHANGE_TAG_EXPIRATION: boolean;
}): OrganizationSettings {
  const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000);
  return {
    requireTeamInvite: config.FEATURE_REQUIRE_TEAM_INVITE,
    partialUserAutocomplete: config.FEATURE_PARTIAL_USER_AUTOCOMPLETE,
    tagExpiration: {
      defaultSeconds: seconds(config.DEFAULT_TAG_EXPIRATION),
      optionsSeconds: config.TAG_EXPIRATION_OPTIONS.map(seconds),
      changeable: config.FEATURE_CHANGE_TAG_EXPIRATION,
    },
  };
}
