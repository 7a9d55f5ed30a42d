// How a client's program in Node takes jobs and says what came of each step: the same lines as ../python/job.py.
//
// A program imports its client and ends with `await serve(async (job, step) => { ... })`, where a job is
// {user, password, prefix, options}. It closes its connections at the end of each job: the next one is another user's.

import { createInterface } from "node:readline";

export const HOST = process.env.HOST;
export const PORT = Number(process.env.PORT);

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** Do it and say how it went; with `gives` another value is an error too. Returns the value, undefined after an error. */
const step = async (name, act, ...gives) => {
  try {
    const value = await act();
    const wrong = gives.length && JSON.stringify(value) !== JSON.stringify(gives[0]);
    say(wrong ? { step: name, ok: false, error: `gives ${JSON.stringify(value)}` } : { step: name, ok: true });
    return value;
  } catch (error) {
    say({ step: name, ok: false, error: `${error?.name}: ${error?.message ?? error}` });
    return undefined;
  }
};

/** Do the jobs of standard input, one after another. */
export const serve = async (work) => {
  for await (const line of createInterface({ input: process.stdin })) {
    let code = 0;
    try {
      await work(JSON.parse(line), step);
    } catch (error) {
      console.error(error);
      code = 1;
    }
    say({ end: code });
  }
};
