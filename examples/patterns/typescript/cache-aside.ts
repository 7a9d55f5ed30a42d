// Cache-aside: one loader at a time for each key, nothing stale after a commit, and absence is remembered too.
//
// Whoever finds a key absent puts a lease there and loads; the others wait for what it finds. The value takes the place
// of the lease only while the lease is there: `forget`, called after a commit, removes it with everything else, so a
// value that was read before the commit is not stored after it.

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { key, type Space, type Values } from "./keys.ts";
import { isDown, run, type Client } from "./tier.ts";

export const USERS: Space = {
    pattern: "cache:user:{id}",
    cache: "main",
    type: "string",
    ttl: 15 * 60,
    database: 1,
};

/** KEYS: the key; ARGV: the lease, the value, milliseconds. */
export const FILL = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
return 0
`;
/** KEYS: the key; ARGV: the lease. */
export const DROP = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
`;

/** Seconds that a lease lives: longer than a load takes. */
const LEASE = 10;
/** Milliseconds that others wait before they load for themselves. */
const WAIT = 2000;
/** Seconds for which it is remembered that there is nothing. */
const ABSENT = 30;

/** Values that JSON can hold, by key; `load` reads one from the database, and gives null where there is none. */
export class CacheAside<T> {
    readonly #client: Client;
    readonly #space: Space;

    constructor(client: Client, space: Space) {
        this.#client = client;
        this.#space = space;
    }

    /** What the cache or else `load` has. A cache that is down costs time and nothing else. */
    async get(load: () => Promise<T | null>, values: Values): Promise<T | null> {
        const name = key(this.#space, values);
        const lease = `?${randomBytes(16).toString("hex")}`;
        const until = performance.now() + WAIT;
        try {
            while (performance.now() < until) {
                const found = await this.#client.get(name);
                if (found !== null && !found.startsWith("?")) return JSON.parse(found) as T | null;
                const expiration = { type: "EX", value: LEASE } as const;
                if (found === null && (await this.#client.set(name, lease, { condition: "NX", expiration }))) break;
                await pause(10 + Math.random() * 20);
            }
        } catch (error) {
            if (!isDown(error)) throw error;
            return await load();
        }
        return await this.#loaded(name, lease, load);
    }

    /**
     * Forget a value, after the commit that changed it. Throws the client's error where the cache may still have the old
     * one, for the rest of its life.
     */
    async forget(values: Values): Promise<void> {
        await this.#client.unlink(key(this.#space, values));
    }

    async #loaded(name: string, lease: string, load: () => Promise<T | null>): Promise<T | null> {
        let value: T | null;
        try {
            value = await load();
        } catch (error) {
            await ifUp(run(this.#client, DROP, [name], [lease]));
            throw error;
        }
        const seconds = value === null ? ABSENT : this.#space.ttl;
        // Up to a tenth shorter: what was stored together does not end together.
        const life = Math.floor(seconds * 1000 * (0.9 + Math.random() / 10));
        await ifUp(run(this.#client, FILL, [name], [lease, JSON.stringify(value), String(life)]));
        return value;
    }
}

async function ifUp(asked: Promise<unknown>): Promise<void> {
    try {
        await asked;
    } catch (error) {
        if (!isDown(error)) throw error;
    }
}
