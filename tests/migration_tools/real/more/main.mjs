// Tried by `make tools`: their packages are most of an installation, and they say nothing new of a migrator's rights.
import { run } from '../node/tools.mjs';
import { drizzle } from './drizzle.mjs';
import { knex } from './knex.mjs';
import { nodePgMigrate } from './node_pg_migrate.mjs';
import { pgBoss } from './pg_boss.mjs';
import { typeorm } from './typeorm.mjs';

await run({ drizzle, knex, typeorm, 'node-pg-migrate': nodePgMigrate, 'pg-boss': pgBoss });
