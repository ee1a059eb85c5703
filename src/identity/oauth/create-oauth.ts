import type { Clock } from '../../kernel/clock.ts';
import type { SecretBox } from '../../platform/crypto/index.ts';
import type { Database } from '../../platform/db/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import type { NoteUse } from '../note-use.ts';
import type { LastUse } from '../users/last-use.ts';
import { type ApiTokens, createApiTokens } from './api-tokens.ts';
import { type Applications, createApplications } from './applications.ts';
import { type AppTokens, createAppTokens } from './app-tokens.ts';
import { type Assignments, createAssignments } from './assignments.ts';
import { type Codes, createCodes } from './codes.ts';
import type { OAuthSettings } from './config.ts';

/** Applications of organizations and everything that speaks for a user in his place. */
export interface OAuth {
  readonly settings: OAuthSettings;
  readonly applications: Applications;
  readonly tokens: ApiTokens;
  readonly assignments: Assignments;
  readonly codes: Codes;
  readonly appTokens: AppTokens;
  readonly jobs: readonly JobHandler[];
}

export function createOAuth(
  ports: {
    readonly db: Database;
    readonly box: SecretBox;
    readonly clock: Clock;
    readonly noteUse: NoteUse;
    readonly lastUse: LastUse;
  },
  settings: OAuthSettings,
): OAuth {
  const tokens = createApiTokens(ports, settings);
  const codes = createCodes({ db: ports.db, tokens });
  const appTokens = createAppTokens(ports, settings);
  return {
    settings,
    applications: createApplications(ports),
    tokens,
    assignments: createAssignments(ports),
    codes,
    appTokens,
    jobs: [...codes.jobs, ...appTokens.jobs],
  };
}
