// Tries the patterns in TypeScript on the caches of the environment, and prints one line of JSON for each step:
// {"step": ..., "value": ...}. Where it prints a step that ends in "?", it waits for a line.

import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import * as cacheAside from "../../../examples/patterns/typescript/cache-aside.ts";
import { hashed, index, key, type Space } from "../../../examples/patterns/typescript/keys.ts";
import { Presence } from "../../../examples/patterns/typescript/presence.ts";
import * as rateLimiter from "../../../examples/patterns/typescript/rate-limiter.ts";
import * as revocation from "../../../examples/patterns/typescript/revocation.ts";
import { readMessage, Room, type Message } from "../../../examples/patterns/typescript/room.ts";
import * as sessionStore from "../../../examples/patterns/typescript/sessions.ts";
import { connect, connectNode } from "../../../examples/patterns/typescript/tier.ts";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const NOW = 1_800_000_000;

function say(step: string, value: unknown): void {
    console.log(JSON.stringify({ step, value: value ?? null }));
}

async function ask(step: string, value: unknown = null): Promise<string> {
    say(`${step}?`, value);
    return (await lines.next()).value ?? "";
}

async function name(of: () => unknown): Promise<string> {
    try {
        await of();
        return "nothing thrown";
    } catch (error) {
        return error instanceof Error ? error.name : String(error);
    }
}

async function until(done: () => boolean): Promise<void> {
    for (let tries = 0; !done(); tries++) {
        if (tries > 2000) throw new Error(`never: ${done}`);
        await pause(10);
    }
}

const spaces = Object.fromEntries(
    [cacheAside, rateLimiter, revocation, sessionStore].flatMap((module) =>
        Object.entries(module).filter(([, each]) => typeof each === "object" && "pattern" in each),
    ),
) as Record<string, Space>;
say("spaces", spaces);
say("scripts", { TAKE: rateLimiter.TAKE, FILL: cacheAside.FILL, DROP: cacheAside.DROP });
const { PER_USER, USERS, REVOKED } = { ...rateLimiter, ...cacheAside, ...revocation };
say(
    "names",
    [..."*:'()!@% {}[]\\ä"].map((each) => key(PER_USER, { user: each, action: "x" })),
);

const [main, one, queue] = [await connect("main"), await connect("main", USERS.database), await connect("queue")];

// Sessions
const sessions = new sessionStore.Sessions(main, () => NOW);
const theirs = await ask("session");
say("a session that Python made", await sessions.read(theirs));
const cookie = await sessions.signIn("tess", { role: "nurse" }, theirs);
say("the one before a login", await sessions.read(theirs));
await sessions.write(cookie, { ward: "7" });
await ask("made", cookie);
const rotated = (await sessions.rotate(cookie)) ?? "";
say("rotated", [await sessions.read(cookie), await sessions.read(rotated)]);
const late = new sessionStore.Sessions(main, () => NOW + sessionStore.LONGEST);
say("at its absolute end", [await late.read(rotated), await late.rotate(rotated)]);
const others = [await sessions.signIn("tess", {}), await sessions.signIn("tess", {})];
await sessions.signOut(others[0] ?? "");
say("signed out", [await sessions.read(others[0] ?? ""), await sessions.read(others[1] ?? "")]);
await sessions.signOutEverywhere("tess");
say("signed out everywhere", [await sessions.read(rotated), await sessions.read(others[1] ?? "")]);
await sessions.write(rotated, { role: "admin" });
say("written after that", await sessions.read(rotated));
say("no cookies", await Promise.all(["", ".", "tess", "tess.x", "@.@"].map((each) => sessions.read(each))));
say("its own field", await name(() => sessions.write(rotated, { "@ends": "9" })));

// Revocation
const old = new revocation.Revocations(queue, () => NOW - 7200);
say("a list's first check", await old.revoked("first", NOW - 7200));
const revocations = new revocation.Revocations(queue, () => NOW);
await revocations.revoke("a", NOW + 3600);
await revocations.revoke("over", NOW - 3600);
say("revoked", [await revocations.revoked("a", NOW - 60), await revocations.revoked("b", NOW - 60)]);
say("too long", await name(() => revocations.revoke("long", NOW + revocation.LONGEST + 1)));
await queue.del(index(REVOKED));
say("a lost list", [await revocations.revoked("b", NOW - 60), await revocations.revoked("new", NOW + revocation.SKEW)]);

// Cache-aside
const users = new cacheAside.CacheAside<{ name: string }>(one, USERS);
let asked = 0;
const load = async () => ({ name: `Ann ${++asked}` });
const loads = await Promise.all(
    Array.from({ length: 8 }, () => users.get(async () => (await pause(50), await load()), { id: "1" })),
);
say("a stampede", [new Set(loads.map((each) => each?.name)).size, asked]);
await users.forget({ id: "1" });
say("after a commit", await users.get(load, { id: "1" }));
await users.forget({ id: "1" });
await users.get(async () => (await users.forget({ id: "1" }), { name: "old" }), { id: "1" });
say("nothing stale", await users.get(load, { id: "1" }));
const none = async () => (asked++, null);
say("nothing there", [await users.get(none, { id: "2" }), await users.get(none, { id: "2" }), asked]);
say("a failed load", await name(() => users.get(() => Promise.reject(new RangeError("no")), { id: "3" })));
say("and its lease", await one.get(key(USERS, { id: "3" })));

// Rate limiter
const limiter = new rateLimiter.RateLimiter(main, PER_USER, 3, "deny");
const taken = [];
for (let each = 0; each < 4; each++) taken.push(await limiter.take({ user: "tess", action: "export" }));
say("taken", taken.map((each) => [each.allowed, each.remaining, Math.ceil(each.retryAfter)]));
say("no limit", await name(() => new rateLimiter.RateLimiter(main, PER_USER, 0, "deny")));

// Presence: the rules of a room, then a room with an instance in Python
const here: Message = { kind: "here", user: "ann", connection: "1", number: 2 };
const room = new Room();
say("a room", [
    ...[here, { ...here, number: 1 }, { ...here, kind: "gone" as const, number: 4 }, { ...here, number: 3 }],
    ...[{ ...here, number: 5 }, { ...here, user: "bob", connection: "2" }],
].map((each) => room.receive(each, 0)));
say("expired", [room.expire(14_999), room.expire(15_000)]);
say("no messages", ["", "null", "[]", "{}", JSON.stringify({ ...here, number: "1" })].map(readMessage));
const [publisher, subscriber] = [await connectNode("main"), await connectNode("main")];
const presence = new Presence(publisher, subscriber, process.env["CHANNEL"] ?? "", () => undefined);
await presence.start();
presence.join("tess", "3");
await until(() => presence.users.size === 2);
say("in the room", [...presence.users].sort());

// A cache in cluster mode
const shards = await connect("shards", USERS.database);
const sharded = new sessionStore.Sessions(shards, () => NOW);
const everywhere = [await sharded.signIn("tess", { role: "nurse" }), await sharded.signIn("tess", {})];
await sharded.write(everywhere[0] ?? "", { ward: "7" });
say("a session in a cluster", await sharded.read(everywhere[0] ?? ""));
await sharded.signOutEverywhere("tess");
say("and after it", await Promise.all(everywhere.map((each) => sharded.read(each))));
const spread = new cacheAside.CacheAside<string>(shards, USERS);
say("a load in a cluster", [await spread.get(async () => "one", { id: "1" }), await spread.get(none, { id: "1" })]);
const slots = new rateLimiter.RateLimiter(shards, PER_USER, 1, "deny");
say("a limit in a cluster", [await slots.take({ user: "tess", action: "x" }), await slots.take({ user: "tess", action: "x" })].map((each) => each.allowed));
const anyNode = [await connectNode("shards"), await connectNode("shards")] as const;
const inCluster = new Presence(...anyNode, process.env["CHANNEL"] ?? "", () => undefined);
await inCluster.start();
inCluster.join("tess", "5");
await until(() => inCluster.users.has("tess"));
await inCluster.close();
for (const each of [shards, ...anyNode]) each.destroy();

// The caches are killed, and come back empty
const mine = await sessions.signIn("tess", {});
await ask("kill");
await until(() => !main.isReady && !one.isReady && !queue.isReady && !subscriber.isReady);
say("sessions while down", await name(() => sessions.read(mine)));
say("revocations while down", await name(() => revocations.revoked("new", NOW + 60)));
say("a load while down", await users.get(async () => ({ name: "the database" }), { id: "1" }));
say("the limiter while down", await limiter.take({ user: "tess", action: "export" }));
presence.join("bob", "4");
say("the room while down", [...presence.users].sort());
await ask("start");
await until(() => main.isReady && one.isReady && queue.isReady && subscriber.isReady && publisher.isReady);
say("sessions afterwards", [await sessions.read(mine), await sessions.read(await sessions.signIn("tess", {}))]);
say("revocations afterwards", await Promise.all(["a", "b"].map((each) => revocations.revoked(each, NOW - 60))));
say("a load afterwards", await users.get(async () => ({ name: "again" }), { id: "1" }));
say("the limiter afterwards", (await limiter.take({ user: "tess", action: "export" })).remaining);
await until(() => presence.users.has("bob"));
say("the room afterwards", presence.users.has("bob"));
await presence.close();
say("hashed", hashed("secret"));
for (const each of [main, one, queue, publisher, subscriber]) each.destroy();
lines.return?.();
process.stdin.destroy();
