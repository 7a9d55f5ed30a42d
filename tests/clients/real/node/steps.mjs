/** What the programs here have in common: whom they are, from the environment, and one line of JSON for each step. */
import process from "node:process";

const { HOST, PORT, REDIS_USER, REDIS_PASSWORD, PREFIX } = process.env;
/** Who the program is, in the words of ioredis, which are those of most clients. */
export const user = { host: HOST, port: Number(PORT), username: REDIS_USER, password: REDIS_PASSWORD };
/** The same for node-redis. */
export const nodeRedis = { socket: { host: HOST, port: Number(PORT) }, username: REDIS_USER, password: REDIS_PASSWORD };
/** What the user's keys and channels begin with, without the colon. */
export const prefix = PREFIX;
/** A step that takes longer has failed; none of those that work takes a tenth of it. */
const LIMIT = 10_000;

/** Run one step and say how it went; what it returns is given on, `undefined` when it failed. */
export async function step(name, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done in ${LIMIT} ms`)), LIMIT);
  });
  try {
    const given = await Promise.race([work(), late]);
    say({ step: name, ok: true });
    return given;
  } catch (error) {
    say({ step: name, ok: false, error: String(error?.message ?? error) });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** The next event of that name, or the error that is emitted before it. */
export function next(emitter, event) {
  return new Promise((resolve, reject) => {
    emitter.once(event, resolve);
    emitter.once("error", reject);
  });
}

/** End here: connections that nobody may have would be tried for ever. */
export function done() {
  process.exit(0);
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
