// Each pattern once, on the caches of the environment: `node dist/main.js collab:board-7`.

import { randomUUID } from "node:crypto";
import { CacheAside, USERS } from "./cache-aside.ts";
import { Presence } from "./presence.ts";
import { PER_USER, RateLimiter } from "./rate-limiter.ts";
import { Revocations } from "./revocation.ts";
import { Sessions } from "./sessions.ts";
import { connect, connectNode } from "./tier.ts";

const say = console.log;

const channel = process.argv[2];
if (channel === undefined) {
    console.error("Name a channel that the identity may use, as in `node dist/main.js collab:board-7`.");
    process.exit(1);
}

const [main, queue] = [await connect("main"), await connect("queue")];

const sessions = new Sessions(main);
const cookie = await sessions.signIn("ann", { role: "editor" });
say("session:", await sessions.read(cookie));
await sessions.signOutEverywhere("ann");
say("session after logout everywhere:", await sessions.read(cookie));

const revocations = new Revocations(queue);
const jti = randomUUID();
const issued = Date.now() / 1000 + 60;
await revocations.revoke(jti, issued + 3600);
say("revoked:", await revocations.revoked(jti, issued), "another:", await revocations.revoked(randomUUID(), issued));

const inOne = await connect("main", USERS.database);
const users = new CacheAside<{ name: string }>(inOne, USERS);
say("loaded:", await users.get(async () => ({ name: "Ann" }), { id: "1" }));
say("cached:", await users.get(async () => ({ name: "not asked" }), { id: "1" }));
await users.forget({ id: "1" });

const limiter = new RateLimiter(main, PER_USER, 3, "deny");
const decisions = [];
for (let each = 0; each < 4; each++) decisions.push(await limiter.take({ user: "ann", action: jti }));
const wait = Math.ceil(decisions.at(-1)?.retryAfter ?? 0);
say("allowed:", decisions.map((each) => each.allowed), "try again in:", wait, "s");

const [publisher, subscriber] = [await connectNode("main"), await connectNode("main")];
const room = new Presence(publisher, subscriber, channel, (event) => {
    say("presence:", event);
    if (event.kind === "came") void room.close().then(end);
});
await room.start();
room.join("ann", randomUUID());

function end(): void {
    for (const each of [main, queue, inOne, publisher, subscriber]) each.destroy();
}
