// Each tool migrates as who DATABASE_URL logs in as (`migrate`), or does a day's work at start-up (`use`): one line of
// JSON for each step, { tool, ok, error }.
import { drizzle } from './drizzle.mjs';
import { graphileWorker } from './graphile_worker.mjs';
import { knex } from './knex.mjs';
import { nodePgMigrate } from './node_pg_migrate.mjs';
import { pgBoss } from './pg_boss.mjs';
import { typeorm } from './typeorm.mjs';

const tools = { drizzle, knex, typeorm, 'node-pg-migrate': nodePgMigrate, 'graphile-worker': graphileWorker, 'pg-boss': pgBoss };
const [mode, ...names] = process.argv.slice(2);
const url = process.env.DATABASE_URL;

for (const [tool, run] of Object.entries(tools)) {
  if (names.length && !names.includes(tool)) continue;
  let said = { tool, ok: true };
  try {
    await run[mode](url);
  } catch (error) {
    const cause = error.cause ?? error;
    said = { tool, ok: false, error: `${cause.code ?? ''} ${cause.message}`.trim() };
  }
  process.stdout.write(JSON.stringify(said) + '\n');
}
process.exit(0);
