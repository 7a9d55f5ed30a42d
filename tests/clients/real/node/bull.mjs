// Bull: jobs added, worked, retried and delayed; events of all workers; who works; another prefix than its own.

import Bull from "bull";
import { asIoredis, quiet, serve } from "./job.mjs";

await serve(async (job, step) => {
  const opened = (prefix) => {
    const made = quiet(new Bull("mail", { redis: asIoredis(job), prefix }));
    job.ends(() => made.close(true));
    return made;
  };
  const queue = opened(job.prefix);
  if (!(await step("connect", () => queue.isReady().then(() => true)))) return;
  const broken = new Promise((_, reject) => queue.on("error", reject));
  const registered = (event) => {
    const confirmed = new Promise((resolve) => queue.on(`registered:global:${event}`, () => resolve(true)));
    queue.on(`global:${event}`, () => {});
    return Promise.race([confirmed, broken]);
  };
  if (!(await step("subscribe", () => registered("completed")))) return;
  const completed = new Promise((resolve) => queue.on("global:completed", resolve));
  const first = await step("add", () => queue.add({ to: "a" }, { jobId: "first" }));
  if (!first) return;
  void queue.process(async (each) => {
    if (each.data.to === "flaky" && each.attemptsMade === 0) throw new Error("once");
    return `sent ${each.data.to}`;
  });
  const result = (added) => Promise.race([added.finished(), broken]);
  if (!(await step("work", () => result(first), "sent a"))) return;
  await step("event", () => Promise.race([completed, broken]), "first");
  if (!(await step("delay", async () => result(await queue.add({ to: "b" }, { delay: 1 })), "sent b"))) return;
  await step("retry", async () => result(await queue.add({ to: "flaky" }, { attempts: 2, backoff: 1 })), "sent flaky");
  await step("repeat", async () => {
    await queue.add({ to: "c" }, { repeat: { every: 3_600_000 } });
    return (await queue.getRepeatableJobs()).length;
  }, 1);
  // These five are subscribed to by pattern, the others by name.
  for (const event of ["active", "debounced", "duplicated", "stalled", "waiting"])
    await step(`${event} by pattern`, () => registered(event));
  await step("who works", async () => (await queue.getWorkers()).length, 1);
  await step("pause", () => queue.pause().then(() => queue.isPaused()), true);
  await step("empty", () => queue.empty());
  await step("obliterate", () => queue.obliterate({ force: true }));
  await step("default prefix", () => opened("bull").add({ to: "e" }));
});
