import make from 'knex';

const migrationSource = {
  getMigrations: async () => ['things'],
  getMigrationName: (name) => name,
  getMigration: async () => ({
    up: (db) => db.schema.createTable('knex_things', (table) => { table.increments(); table.text('name'); }),
    down: (db) => db.schema.dropTable('knex_things'),
  }),
};

async function migrated(url) {
  const db = make({ client: 'pg', connection: url });
  try {
    await db.migrate.latest({ migrationSource });
  } finally {
    await db.destroy();
  }
}

export const knex = { migrate: migrated, use: migrated };
