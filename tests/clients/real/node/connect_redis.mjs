// connect-redis: sessions of express-session over HTTP, their list, and clearing them; another prefix than its own.

import { RedisStore } from "connect-redis";
import express from "express";
import session from "express-session";
import { createClient } from "redis";
import { asNodeRedis, quiet, serve } from "./job.mjs";

await serve(async (job, step) => {
  const client = quiet(createClient(asNodeRedis(job)));
  job.ends(() => client.destroy());
  await step("connect", () => client.connect());
  let made = 0;
  const served = async (prefix) => {
    const store = new RedisStore({ client, prefix });
    const application = express();
    const how = { resave: false, rolling: true, saveUninitialized: false };
    application.use(session({ store, secret: "of a test", genid: () => `session${++made}`, ...how }));
    application.get("/", (request, response) => {
      request.session.seen = (request.session.seen ?? 0) + 1;
      response.json(request.session.seen);
    });
    application.get("/bye", (request, response) => request.session.destroy((error) => response.json(error ?? null)));
    application.use((error, request, response, next) => response.status(500).json(error.message));
    const listening = application.listen(0, "127.0.0.1");
    await new Promise((resolve) => listening.once("listening", resolve));
    job.ends(() => listening.close());
    let cookie = "";
    const get = async (path) => {
      const answer = await fetch(`http://127.0.0.1:${listening.address().port}${path}`, { headers: { cookie, connection: "close" } });
      cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
      return [answer.status, await answer.json()];
    };
    return { store, get };
  };
  const { store, get } = await served(`${job.prefix}:`);
  await step("sign in", () => get("/"), [200, 1]);
  await step("come back", () => get("/"), [200, 2]);
  await step("sign out", () => get("/bye"), [200, null]);
  await step("after it", () => get("/"), [200, 1]);
  await step("length", () => store.length(), 1);
  await step("all", async () => (await store.all()).length, 1);
  await step("clear", () => store.clear());
  await step("is cleared", () => get("/"), [200, 1]);
  const other = await served("sess:");
  // A session that could not be kept is answered all the same: the next request is the first to fail.
  await step("default prefix", () => other.get("/"), [200, 1]);
  await step("default prefix, next", () => other.get("/"), [200, 2]);
});
