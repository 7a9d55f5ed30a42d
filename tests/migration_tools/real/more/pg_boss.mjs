import PgBoss from 'pg-boss';

const QUEUE = 'counting';
const quiet = { supervise: false, schedule: false };

async function migrated(url) {
  const boss = new PgBoss({ connectionString: url, ...quiet });
  boss.on('error', () => {});
  await boss.start();
  try {
    await boss.createQueue(QUEUE);
  } finally {
    await boss.stop({ graceful: false });
  }
}

async function used(url) {
  const boss = new PgBoss({ connectionString: url, ...quiet, migrate: false });
  boss.on('error', () => {});
  await boss.start();
  try {
    await boss.send(QUEUE, { one: 1 });
    const [job] = await boss.fetch(QUEUE);
    if (!job) throw new Error('no job was there');
    await boss.complete(QUEUE, job.id);
  } finally {
    await boss.stop({ graceful: false });
  }
}

export const pgBoss = { migrate: migrated, use: used };
