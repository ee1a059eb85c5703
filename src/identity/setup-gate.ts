import { AppError } from '../kernel/errors.ts';
import { equalSecrets, randomText } from '../platform/crypto/index.ts';

/** Where a request to create the first user comes from. */
export interface SetupOrigin {
  /** The client's address, as the pipeline found it. */
  readonly clientAddress: string;
  /** Whether a proxy has passed the request on, or it was addressed to another host than this machine. */
  readonly forwarded: boolean;
  readonly setupToken: string | undefined;
}

export interface SetupGate {
  readonly setupToken: string;
  /** Whether the origin may do it, with or without a token. */
  admits(origin: SetupOrigin): boolean;
  /** Errors: DENIED. */
  check(origin: SetupOrigin): void;
  /** Voids the set-up token. */
  close(): void;
}

/** Decides who may create the first user: this machine, whoever has the printed token, or, if `openToAll`, anyone. */
export function createSetupGate(openToAll: boolean): SetupGate {
  const setupToken = randomText(32);
  let open = true;
  const admits = (origin: SetupOrigin): boolean =>
    openToAll ||
    isThisMachine(origin) ||
    (open && origin.setupToken !== undefined && equalSecrets(origin.setupToken, setupToken));
  return {
    setupToken,
    admits,
    check(origin) {
      if (admits(origin)) return;
      throw new AppError(
        'DENIED',
        'The first user can only be created from the machine of the registry, or with the set-up token that it prints ' +
          'when it starts; FEATURE_USER_INITIALIZE opens this to everyone',
      );
    },
    close() {
      open = false;
    },
  };
}

/** A proxy on this machine that is not configured as trusted makes every client look local. */
function isThisMachine(origin: SetupOrigin): boolean {
  return !origin.forwarded && isLoopback(origin.clientAddress);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(address);
}
