/** BullMQ: jobs added, worked, delayed, retried, scheduled, in flows; queue events; who works; what it may not reach. */
import assert from "node:assert/strict";
import { FlowProducer, Queue, QueueEvents, Worker } from "bullmq";
import { done, next, prefix, step, user } from "./steps.mjs";

const options = { connection: { ...user, maxRetriesPerRequest: null }, prefix };
// An 'error' without a listener would end the process; what matters is in what the calls answer.
const quiet = (emitter) => emitter.on("error", () => {});
const queue = quiet(new Queue("mail", options));

await step("connect", () => queue.waitUntilReady());
const events = quiet(new QueueEvents("mail", options));
await step("events connect", () => events.waitUntilReady());
await step("add", () => queue.add("send", { to: "a" }, { jobId: "first" }));
await step("add in bulk", () => queue.addBulk([{ name: "send", data: { to: "b" } }, { name: "send", data: { to: "c" } }]));
await step("count", async () => assert.equal(await queue.getWaitingCount(), 3));

const worker = quiet(
  new Worker(
    "mail",
    async (job) => {
      await job.log("seen");
      await job.updateProgress(50);
      if (job.name === "flaky" && job.attemptsMade === 0) throw new Error("once");
      return `${job.name} ${job.data.to}`;
    },
    { ...options, autorun: false },
  ),
);
await step("work", async () => {
  const completed = next(worker, "completed");
  void worker.run().catch(() => {});
  await completed;
});
const finished = async (job) => job.waitUntilFinished(events, 8_000);
await step("result", async () => {
  const job = await queue.getJob("first");
  assert.equal(await finished(job), "send a");
  assert.deepEqual((await queue.getJobLogs("first")).logs, ["seen"]);
});
await step("retry", async () => {
  const job = await queue.add("flaky", { to: "d" }, { attempts: 2, backoff: 1 });
  assert.equal(await finished(job), "flaky d");
});
await step("delay", async () => finished(await queue.add("late", { to: "e" }, { delay: 1 })));
await step("schedule", async () => {
  const job = await queue.upsertJobScheduler("nightly", { every: 3_600_000 }, { name: "send", data: { to: "f" } });
  assert.equal(await finished(job), "send f");
  assert.equal(await queue.removeJobScheduler("nightly"), true);
});
await step("flow", async () => {
  const flows = quiet(new FlowProducer(options));
  const child = { name: "send", queueName: "mail", data: { to: "child" } };
  const { job } = await flows.add({ name: "send", queueName: "mail", data: { to: "parent" }, children: [child] });
  await finished(job);
  assert.deepEqual(Object.values(await job.getChildrenValues()), ["send child"]);
});
await step("who works", async () => assert.equal((await queue.getWorkers()).length, 1));
await step("pause", async () => {
  await queue.pause();
  assert.equal(await queue.isPaused(), true);
  await queue.resume();
});
await step("clean", () => queue.clean(0, 100, "completed"));
await step("obliterate", () => queue.obliterate({ force: true }));
await step("without the prefix", async () => {
  const other = quiet(new Queue("mail", { ...options, prefix: "bull" }));
  await other.add("send", {});
});
await step("flush", async () => (await queue.client).flushdb());
done();
