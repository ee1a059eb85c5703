import { describeOnEachDatabase } from '../databases.ts';
import { crashTest } from './crash-test.ts';

describeOnEachDatabase('kill -9 during parallel pushes', (database) => crashTest(database, 8));
