// Keyv, and cache-manager on it: values kept, counted and cleared, in a namespace and outside of it.

import KeyvRedis from "@keyv/redis";
import { createCache } from "cache-manager";
import { Keyv } from "keyv";
import { asNodeRedis, quiet, serve } from "./job.mjs";

await serve(async (job, step) => {
  const opened = (namespace, more) => {
    const adapter = quiet(new KeyvRedis(asNodeRedis(job), { namespace, connectionTimeout: 5000, ...more }));
    job.ends(() => adapter.disconnect(true));
    return quiet(new Keyv({ store: adapter, namespace, useKeyPrefix: false }));
  };
  const keyv = opened(job.prefix);
  if (job.client === "cache-manager") {
    const cache = createCache({ stores: [keyv], ttl: 60_000 });
    const made = async () => "made";
    await step("wrap", () => cache.wrap("key", made), "made");
    await step("wrapped", () => cache.get("key"), "made");
    await step("many", () => cache.mset([{ key: "b", value: 1 }]).then(() => cache.mget(["key", "b"])), ["made", 1]);
    await step("delete", () => cache.del("b"), true);
    await step("clear", () => cache.clear());
    await step("is cleared", async () => (await keyv.get("key")) ?? null, null);
    const other = createCache({ stores: [opened("other")] });
    await step("foreign namespace", () => other.set("key", "1"), "1");
    await step("foreign namespace, next", async () => (await other.get("key")) ?? null, "1");
    return;
  }
  await step("set", () => keyv.set("key", { a: 1 }, 60_000), true);
  await step("get", () => keyv.get("key"), { a: 1 });
  await step("has", () => keyv.has("key"), true);
  await step("many", () => keyv.setMany([{ key: "b", value: 1 }, { key: "c", value: 2 }]));
  await step("get many", () => keyv.getMany(["b", "c", "d"]), [1, 2, null]);
  await step("delete", () => keyv.delete("b"), true);
  await step("clear", () => keyv.clear());
  await step("is cleared", async () => (await keyv.get("key")) ?? null, null);
  // Refusals are swallowed: it says that it kept what it did not.
  const other = opened("other");
  await step("foreign namespace", () => other.set("key", "1"), true);
  await step("foreign namespace, next", async () => (await other.get("key")) ?? null, "1");
  const bare = opened(undefined, { noNamespaceAffectsAll: true });
  await step("clear without namespace", () => bare.clear());
});
