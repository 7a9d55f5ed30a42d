import { runner } from 'node-pg-migrate';
import { folder } from './folder.mjs';

const up = 'exports.up = (pgm) => pgm.createTable("pgm_things", { id: "id", name: "text" });';

const migrated = (url) => runner({
  databaseUrl: url, dir: folder({ '1_things.cjs': up }), direction: 'up', migrationsTable: 'pgmigrations', log: () => {},
});

export const nodePgMigrate = { migrate: migrated, use: migrated };
