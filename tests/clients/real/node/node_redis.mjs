// node-redis: keys, a transaction, a stream, scripts, pub/sub, its cache; names of keys; what is not its own.

import { createClient, defineScript } from "redis";
import { asNodeRedis, quiet, serve } from "./job.mjs";

const add = defineScript({
  SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
  NUMBER_OF_KEYS: 1,
  parseCommand: (parser, key, much) => (parser.pushKey(key), parser.push(String(much))),
  transformReply: (reply) => reply,
});

await serve(async (job, step) => {
  const opened = (more) => {
    const made = quiet(createClient({ ...asNodeRedis(job), scripts: { add }, ...more }));
    job.ends(() => made.destroy());
    return made;
  };
  const [redis, listening, cached] = [opened(), opened(), opened({ RESP: 3, clientSideCache: { maxEntries: 10 } })];
  const name = (end) => `${job.prefix}:${end}`;
  await step("connect", () => Promise.all([redis.connect(), listening.connect()]));
  await step("set", () => redis.set(name("key"), "1", { EX: 60 }), "OK");
  await step("transaction", () => redis.multi().incr(name("key")).get(name("key")).exec(), [2, "2"]);
  await step("stream", async () => {
    await redis.xAdd(name("stream"), "1-0", { field: "value" });
    return (await redis.xRead({ key: name("stream"), id: "0" }))[0].messages[0].message.field;
  }, "value");
  await step("eval", () => redis.eval(add.SCRIPT, { keys: [name("key")], arguments: ["3"] }), 5);
  await step("script", () => redis.add(name("key"), 3), 8);
  const heard = (how, channel, said = channel) =>
    new Promise((resolve, reject) => {
      const publish = how === "sSubscribe" ? "sPublish" : "publish";
      listening[how](channel, resolve).then(() => redis[publish](said, "hello")).catch(reject);
    });
  await step("channel", () => heard("subscribe", name("news")), "hello");
  await step("pattern", () => heard("pSubscribe", name("*"), name("x")), "hello");
  await step("shard channel", () => heard("sSubscribe", name("shard")), "hello");
  await step("narrower pattern", () => heard("pSubscribe", name("n*"), name("news")));
  await step("client-side cache", () => cached.connect());
  await step("scan", () => redis.scan("0"));
  await step("names", () => redis.keys("*"));
  await step("foreign key", () => redis.get("other:key"));
  await step("foreign channel", () => redis.publish("other:news", "hello"));
  await step("flush", () => redis.flushDb());
});
