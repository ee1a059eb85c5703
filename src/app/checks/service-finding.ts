/** What trying a service that the configuration names has shown. */
export interface ServiceFinding {
  readonly service: string;
  /** `untried`: it is not named, or nothing uses it in this version. */
  readonly outcome: 'works' | 'failed' | 'untried';
  /** One line: what answered, or what is wrong and what to do. */
  readonly message: string;
}
