// `use` adds a job and works it off: with row-level security and no policy the worker finds none and says nothing.
import { Logger, makeWorkerUtils, runOnce } from 'graphile-worker';

const logger = new Logger(() => () => {});

async function migrated(url) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  try {
    await utils.migrate();
  } finally {
    await utils.release();
  }
}

async function used(url) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  let done = 0;
  try {
    await utils.addJob('count', {});
  } finally {
    await utils.release();
  }
  await runOnce({ connectionString: url, logger, noHandleSignals: true, taskList: { count: async () => { done += 1; } } });
  if (!done) throw new Error('the worker saw no job');
}

export const graphileWorker = { migrate: migrated, use: used };
