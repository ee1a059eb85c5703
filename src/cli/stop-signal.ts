const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Resolves with the first signal to end. From then on another one ends the process at once, with status 1. */
export function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  const first = (signal: NodeJS.Signals): void => {
    for (const name of SIGNALS) process.off(name, first).once(name, () => process.exit(1));
    resolve(signal);
  };
  for (const name of SIGNALS) process.on(name, first);
  return promise;
}
