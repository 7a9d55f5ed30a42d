// How a client's program in Node takes jobs and says what came of each step: the same lines as ../python/job.py.
//
// A program imports its client and ends with `await serve(async (job, step) => { ... })`, where a job is
// {client, user, password, prefix, options, ends}. What it hands to `job.ends` is done at the end of the job, whatever came of
// its steps: connections have to be closed, because the next job is another user's.

import { createInterface } from "node:readline";

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const told = (error) => `${error?.name}: ${error?.message ?? error}`;

// A library that loses a rejection leaves its caller waiting for ever, and ends a process that does not listen for it. The
// step under way fails by it, or the next one.
let lost;
let missed = [];
process.on("unhandledRejection", (error) => (lost ?? missed.push.bind(missed))(new Error(`unhandled ${told(error)}`)));
const losing = () =>
  new Promise((_, reject) => {
    if (missed.length) reject(missed[0]);
    missed = [];
    lost = reject;
  });

/** Do it and say how it went; with `gives` another value is an error too. Returns the
 * value, or undefined after an error. */
const step = async (name, act, ...gives) => {
  try {
    const value = await Promise.race([losing(), act()]);
    const wrong = gives.length && JSON.stringify(value) !== JSON.stringify(gives[0]);
    say(wrong ? { step: name, ok: false, error: `gives ${JSON.stringify(value)}` } : { step: name, ok: true });
    return wrong ? undefined : value;
  } catch (error) {
    say({ step: name, ok: false, error: told(error) });
    return undefined;
  } finally {
    lost = undefined;
  }
};

/** The user of a job in the words of ioredis, which are those of most clients. */
export const asIoredis = (job) => ({
  host: process.env.HOST,
  port: Number(process.env.PORT),
  username: job.user,
  password: job.password,
});

/** The user of a job in the words of node-redis. */
export const asNodeRedis = (job) => ({
  socket: { host: process.env.HOST, port: Number(process.env.PORT), reconnectStrategy: false },
  username: job.user,
  password: job.password,
});

/** What arrives at a client of ioredis that subscribes by that name, once `say` has sent it. */
export const heard = async (client, name, say, how, event) => {
  const arrived = new Promise((resolve) => client.once(event, (...said) => resolve(said.at(-1))));
  await client[how](name);
  await say(name.replace("*", "x"));
  return arrived;
};

/** An emitter whose errors end nothing: without a listener, Node ends the process at an 'error' event. */
export const quiet = (emitter) => emitter.on("error", () => {});

/** Do the jobs of standard input, one after another. */
export const serve = async (work) => {
  for await (const line of createInterface({ input: process.stdin })) {
    const ends = [];
    missed = [];
    let code = 0;
    try {
      await work({ ...JSON.parse(line), ends: (act) => ends.unshift(act) }, step);
    } catch (error) {
      console.error(error);
      code = 1;
    }
    for (const act of ends) await Promise.resolve().then(act).catch(() => {});
    say({ end: code });
  }
  process.exit(0);
};
