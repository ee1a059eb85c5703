export { createLocalHints, HintListeners, type HintListener, type Hints } from './hints.ts';
export { joinHints } from './join-hints.ts';
