import { drizzle as connect } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { folder } from './folder.mjs';

const journal = { version: '7', dialect: 'postgresql', entries: [{ idx: 0, version: '7', when: 1, tag: '0000_things', breakpoints: true }] };
const files = () => folder({
  'meta/_journal.json': JSON.stringify(journal),
  '0000_things.sql': 'CREATE TABLE drizzle_things (id serial PRIMARY KEY, name text NOT NULL);',
});

async function migrated(url) {
  const db = connect(url);
  try {
    await migrate(db, { migrationsFolder: files() });
  } finally {
    await db.$client.end();
  }
}

export const drizzle = { migrate: migrated, use: migrated };
