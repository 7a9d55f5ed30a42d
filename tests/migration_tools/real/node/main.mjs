// Tried each time.
import { graphileWorker } from './graphile_worker.mjs';
import { run } from './tools.mjs';

await run({ 'graphile-worker': graphileWorker });
