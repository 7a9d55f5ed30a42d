// socket.io on two servers with each of its adapters: a broadcast from one reaches who is connected to the other, in two
// namespaces; rooms, requests between servers; another prefix than its own. The preset that it is run by says
// which adapter.

import { setImmediate } from "node:timers/promises";

import { createAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { asNodeRedis, quiet, serve } from "./job.mjs";

const ADAPTERS = {
  "socket.io": (one, two, name) => createAdapter(one, two, { key: name }),
  "socket.io-sharded": (one, two, name) => createShardedAdapter(one, two, { channelPrefix: name }),
  // Only its stream goes by another name at the end: that is the one that nothing is said about.
  "socket.io-streams": (one, two, name, prefix) =>
    createStreamsAdapter(one, { streamName: name, channelPrefix: `${prefix}:channel`, sessionKeyPrefix: `${prefix}:session:` }),
};

await serve(async (job, step) => {
  const client = async () => {
    const made = quiet(createClient(asNodeRedis(job)));
    await made.connect();
    job.ends(() => made.isOpen && made.destroy());
    return made;
  };
  const server = async (name) => {
    const [saying, listening] = [await client(), await client()];
    const made = new Server(0, { adapter: ADAPTERS[job.client](saying, listening, name, job.prefix), serveClient: false });
    // Without waiting: a server that is closing waits for its connections.
    job.ends(() => void made.close());
    await new Promise((resolve) => made.httpServer.once("listening", resolve));
    // Answered after what was sent before; a refusal of that is heard of at the end of the turn.
    const settled = () => Promise.all([saying.ping(), listening.ping()]).then(() => setImmediate());
    await settled();
    return { made, settled };
  };
  const name = job.client === "socket.io-streams" ? `${job.prefix}:stream` : `${job.prefix}:socket.io`;
  const [one, two] = [await server(name), await server(name)];
  for (const namespace of ["/", "/admin"]) {
    const [here, there] = [one, two].map((each) => each.made.of(namespace));
    await Promise.all([one.settled(), two.settled()]);
    await step(`${namespace} subscribe`, () => {});
    here.on("are you there", (answer) => answer("yes"));
    there.on("are you there", (answer) => answer("yes"));
    if (!(await step(`${namespace} servers`, () => here.serverSideEmitWithAck("are you there"), ["yes"]))) return;
    const connected = new Promise((resolve) => there.once("connection", resolve));
    const user = io(`http://127.0.0.1:${two.made.httpServer.address().port}${namespace}`, { transports: ["websocket"], reconnection: false, forceNew: true });
    job.ends(() => user.close());
    const received = [];
    user.on("news", (said) => received.push(said));
    user.on("all of it?", (answer) => answer(received));
    const socket = await connected;
    await step(`${namespace} join`, () => socket.join("room"));
    await step(`${namespace} sockets`, async () => (await here.fetchSockets()).length, 1);
    await step(`${namespace} broadcast`, async () => {
      here.to("room").emit("news", "hello");
      // What the other server was sent before it answers this, it has passed on.
      await here.serverSideEmitWithAck("are you there");
      return socket.emitWithAck("all of it?");
    }, ["hello"]);
  }
  await step("default prefix", async () => {
    const other = await server("socket.io");
    other.made.emit("news", "hello");
    await other.settled();
  });
});
