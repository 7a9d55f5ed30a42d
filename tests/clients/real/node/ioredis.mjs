// ioredis: keys, a transaction, a stream, a script, pub/sub; names of keys; what is not its own.

import { Redis } from "ioredis";
import { asIoredis, heard, quiet, serve } from "./job.mjs";

const ADD = { lua: "return redis.call('INCRBY', KEYS[1], ARGV[1])", numberOfKeys: 1 };

await serve(async (job, step) => {
  const opened = (more) => {
    const made = quiet(new Redis({ ...asIoredis(job), lazyConnect: true, retryStrategy: null, ...more }));
    job.ends(() => made.disconnect());
    return made;
  };
  const redis = opened({ keyPrefix: `${job.prefix}:`, scripts: { add: ADD } });
  const bare = opened();
  await step("connect", () => redis.connect());
  await step("set", () => redis.set("key", "1", "EX", 60), "OK");
  await step("its key", () => bare.get(`${job.prefix}:key`), "1");
  await step("transaction", () => redis.multi().incr("key").get("key").exec(), [[null, 2], [null, "2"]]);
  await step("stream", async () => {
    await redis.xadd("stream", "1-0", "field", "value");
    return redis.xread("STREAMS", "stream", "0");
  }, [[`${job.prefix}:stream`, [["1-0", ["field", "value"]]]]]);
  await step("script", () => redis.add("key", 3), 5);
  await step("script again", () => redis.add("key", 3), 8);
  const listening = opened();
  const say = (channel) => bare.publish(channel, "hello");
  await step("channel", () => heard(listening, `${job.prefix}:news`, say, "subscribe", "message"), "hello");
  await step("pattern", () => heard(listening, `${job.prefix}:*`, say, "psubscribe", "pmessage"), "hello");
  await step("narrower pattern", () => listening.psubscribe(`${job.prefix}:n*`));
  await step("prefix of channels", () => redis.publish("news", "hello"));
  await step("scan", () => redis.scan(0));
  await step("names", () => redis.keys("*"));
  await step("foreign key", () => bare.get("other:key"));
  await step("flush", () => redis.flushdb());
});
