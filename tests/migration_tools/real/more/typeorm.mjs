import 'reflect-metadata';
import { DataSource, EntitySchema } from 'typeorm';

// A column of an extension's type: TypeORM sends CREATE EXTENSION IF NOT EXISTS when it connects.
const Thing = new EntitySchema({
  name: 'Thing',
  tableName: 'typeorm_things',
  columns: { id: { type: 'int', primary: true, generated: true }, name: { type: 'citext', nullable: true } },
});

class Things1700000000000 {
  name = 'Things1700000000000';
  up(runner) { return runner.query('CREATE TABLE typeorm_things (id serial PRIMARY KEY, name citext)'); }
  down(runner) { return runner.query('DROP TABLE typeorm_things'); }
}

async function migrated(url) {
  const source = new DataSource({ type: 'postgres', url, entities: [Thing], migrations: [Things1700000000000] });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

export const typeorm = { migrate: migrated, use: migrated };
