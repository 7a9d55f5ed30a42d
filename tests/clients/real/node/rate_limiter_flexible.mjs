// rate-limiter-flexible: points consumed, refused, given back and deleted; a limiter that does without scripts; one that
// falls back to memory; another prefix than its own.

import { Redis } from "ioredis";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRedisNonAtomic } from "rate-limiter-flexible";
import { asIoredis, quiet, serve } from "./job.mjs";

await serve(async (job, step) => {
  const storeClient = quiet(new Redis({ ...asIoredis(job), lazyConnect: true, enableReadyCheck: false, retryStrategy: null }));
  job.ends(() => storeClient.disconnect());
  await step("connect", () => storeClient.connect());
  const options = { storeClient, points: 2, duration: 60, keyPrefix: job.prefix };
  const limiter = new RateLimiterRedis(options);
  const left = (from, key = "a") => from.consume(key).then((said) => said.remainingPoints);
  await step("consume", () => left(limiter), 1);
  await step("consume again", () => left(limiter), 0);
  // A limit is a rejection too, and no Error: code that does not look takes a refusal for it.
  await step("limit", () => limiter.consume("a").catch((said) => (said instanceof Error ? Promise.reject(said) : said.remainingPoints)), 0);
  await step("get", async () => (await limiter.get("a")).consumedPoints, 3);
  await step("reward", async () => (await limiter.reward("a", 2)).consumedPoints, 1);
  await step("block", async () => (await limiter.block("b", 60)).consumedPoints, 3);
  await step("delete", () => limiter.delete("a"), true);
  await step("without scripts", () => left(new RateLimiterRedisNonAtomic({ ...options, keyPrefix: `${job.prefix}:plain` })), 1);
  const insuranceLimiter = new RateLimiterMemory({ points: 1000, duration: 60 });
  await step("insured", () => left(new RateLimiterRedis({ ...options, keyPrefix: `${job.prefix}:insured`, insuranceLimiter })), 1);
  await step("default prefix", () => left(new RateLimiterRedis({ ...options, keyPrefix: undefined })));
  await step("default prefix, insured", () => left(new RateLimiterRedis({ ...options, keyPrefix: undefined, insuranceLimiter })), 1);
});
