// Bee-Queue: jobs added, worked, retried and delayed; events; another prefix than its own.

import BeeQueue from "bee-queue";
import { asIoredis, quiet, serve } from "./job.mjs";

await serve(async (job, step) => {
  const { username: user, ...redis } = asIoredis(job);
  const opened = (prefix) => {
    const made = quiet(new BeeQueue("mail", { redis: { ...redis, user }, prefix, activateDelayedJobs: true, delayedDebounce: 1 }));
    job.ends(() => made.close(1));
    return made;
  };
  const queue = opened(job.prefix);
  if (!(await step("connect", () => queue.ready().then(() => true)))) return;
  const broken = new Promise((_, reject) => queue.on("error", reject));
  broken.catch(() => {});
  queue.process(async (each) => {
    if (each.data.to === "flaky" && each.options.retries === 1) throw new Error("once");
    return `sent ${each.data.to}`;
  });
  const result = async (made) => {
    const succeeded = new Promise((resolve) => made.on("succeeded", resolve));
    await made.save();
    return Promise.race([succeeded, broken]);
  };
  if (!(await step("work", () => result(queue.createJob({ to: "a" })), "sent a"))) return;
  await step("retry", () => result(queue.createJob({ to: "flaky" }).retries(1)), "sent flaky");
  await step("delay", () => result(queue.createJob({ to: "b" }).delayUntil(Date.now() + 1)), "sent b");
  await step("status", async () => (await queue.getJob(1)).status, "succeeded");
  await step("health", async () => (await queue.checkHealth()).succeeded, 3);
  await step("stalled", () => queue.checkStalledJobs());
  await step("destroy", () => queue.destroy().then(() => true), true);
  await step("default prefix", () => opened("bq").createJob({ to: "c" }).save());
});
