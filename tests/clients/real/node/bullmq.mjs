// BullMQ: jobs added, worked, retried, scheduled and in flows; events; who works; another prefix than its own.

import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { asIoredis, quiet, serve } from "./job.mjs";

const text = async (each) => {
  await each.log("seen");
  await each.updateProgress(50);
  if (each.name === "flaky" && each.attemptsMade === 0) throw new Error("once");
  return `${each.name} ${each.data.to}`;
};

await serve(async (job, step) => {
  const options = { connection: { ...asIoredis(job), maxRetriesPerRequest: null }, prefix: job.prefix };
  const opened = (client) => {
    job.ends(() => (client instanceof Worker ? client.close(true) : client.disconnect()));
    return quiet(client);
  };
  const queue = opened(new Queue("mail", options));
  // Without INFO a worker asks again at once and for ever, and nothing else of the process runs.
  if (!(await step("connect", () => queue.waitUntilReady().then(() => true)))) return;
  const first = await step("add", () => queue.add("send", { to: "a" }, { jobId: "first" }));
  if (!first) return;
  const late = await step("add for later", () => queue.add("late", { to: "b" }, { delay: 1 }));
  const events = opened(new QueueEvents("mail", options));
  const worker = opened(new Worker("mail", text, options));
  // All that a worker does about a refusal is to emit 'error': whoever waits for its jobs waits for ever.
  let errors = 0;
  const broken = new Promise((_, reject) => worker.on("error", (error) => (errors++, reject(error))));
  const result = (added) => Promise.race([added.waitUntilFinished(events), broken]);
  const worked = await step("work", async () => [await result(first), await result(late)], ["send a", "late b"]);
  if (!worked) await broken.catch(() => {});
  await step("worker", () => [worker.isRunning() ? "runs" : "ended", errors > 0 ? "with errors" : "well"], ["runs", "well"]);
  if (!worked) return;

  await step("logs", async () => (await queue.getJobLogs("first")).logs, ["seen"]);
  await step("add in bulk", async () => {
    const added = await queue.addBulk(["c", "d"].map((to) => ({ name: "send", data: { to } })));
    return Promise.all(added.map(result));
  }, ["send c", "send d"]);
  await step("retry", async () => result(await queue.add("flaky", { to: "e" }, { attempts: 2, backoff: 1 })), "flaky e");
  await step("schedule", async () => {
    const hourly = { every: 3_600_000 };
    const said = await result(await queue.upsertJobScheduler("hourly", hourly, { name: "send", data: { to: "f" } }));
    return [said, await queue.removeJobScheduler("hourly")];
  }, ["send f", true]);
  await step("flow", async () => {
    const flows = opened(new FlowProducer(options));
    const child = { name: "send", queueName: "mail", data: { to: "child" } };
    const { job: parent } = await flows.add({ name: "send", queueName: "mail", data: { to: "g" }, children: [child] });
    await result(parent);
    return Object.values(await parent.getChildrenValues());
  }, ["send child"]);
  await step("who works", async () => (await queue.getWorkers()).length, 1);
  await step("pause", () => queue.pause().then(() => queue.isPaused()), true);
  await step("count", () => queue.getJobCounts("completed", "failed", "waiting"), { completed: 8, failed: 0, waiting: 0 });
  await step("clean", async () => (await queue.clean(0, 100, "completed")).length, 8);
  await step("obliterate", () => queue.obliterate({ force: true }));
  await step("default prefix", () => opened(new Queue("mail", { ...options, prefix: undefined })).add("send", {}));
});
