export { createLocalHints, HintListeners, type HintListener, type Hints } from './hints.ts';
