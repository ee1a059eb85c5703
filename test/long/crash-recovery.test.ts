import { describeOnEachDatabase } from '../e2e/databases.ts';
import { crashTest } from '../e2e/durability/crash-test.ts';

describeOnEachDatabase('kill -9 during parallel pushes, many times', (database) => crashTest(database, 50));
