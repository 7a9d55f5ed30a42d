// A rate limiter: the generic cell rate algorithm (GCRA) in one key whose remaining life is the state.
//
// Each request adds `period / limit` to the key's life, and time takes it away again; a request that would make the life
// longer than the burst allows is refused. So there is one clock, the server's, and none of the application's instances
// can be ahead of it; a key that nobody uses is gone by itself; and in a cluster a limit is in one slot.

import { key, type Space, type Values } from "./keys.ts";
import { isDown, run, type Client } from "./tier.ts";

export const PER_ADDRESS: Space = {
    pattern: "rate_limit:global:{ip}:{endpoint}",
    cache: "main",
    type: "string",
    ttl: 60,
    database: 0,
};
export const PER_USER: Space = {
    pattern: "rate_limit:user:{user}:{action}",
    cache: "main",
    type: "string",
    ttl: 60,
    database: 0,
};
export const PER_API_KEY: Space = {
    pattern: "rate_limit:api:{key_hash}:{endpoint}",
    cache: "main",
    type: "string",
    ttl: 3600,
    database: 0,
};

/** KEYS: the limit; ARGV: milliseconds that a request adds, and those that the burst allows. */
export const TAKE = `
local life = math.max(redis.call('PTTL', KEYS[1]), 0) + ARGV[1]
if life > tonumber(ARGV[2]) then
  return {0, 0, life - ARGV[2]}
end
redis.call('SET', KEYS[1], '', 'PX', life)
return {1, math.floor((ARGV[2] - life) / ARGV[1]), 0}
`;

/** What becomes of one request. */
export interface Decision {
    readonly allowed: boolean;
    /** How many more would be allowed at once. */
    readonly remaining: number;
    /** Seconds after which the next one is allowed: HTTP's Retry-After, rounded up. */
    readonly retryAfter: number;
}

/** So many requests in the period that the space's keys live for, and at most `burst` of them at once. */
export class RateLimiter {
    readonly #client: Client;
    readonly #space: Space;
    readonly #whenDown: "allow" | "deny";
    readonly #interval: number;
    readonly #burst: number;

    /**
     * `whenDown` is what happens while the cache cannot say: `deny` before passwords and codes, `allow` elsewhere.
     * `burst` is the limit itself unless it is given. Throws for what cannot be counted in milliseconds.
     */
    constructor(client: Client, space: Space, limit: number, whenDown: "allow" | "deny", burst = limit) {
        this.#client = client;
        this.#space = space;
        this.#whenDown = whenDown;
        this.#interval = limit > 0 ? Math.floor((space.ttl * 1000) / limit) : 0;
        this.#burst = burst;
        if (this.#interval < 10 || !(0 < burst && burst <= limit)) {
            throw new RangeError(`limit is 1 to ${space.ttl * 100}, burst 1 to limit: ${limit}, ${burst}`);
        }
    }

    /** Count one request of whom the values name. */
    async take(values: Values): Promise<Decision> {
        const args = [String(this.#interval), String(this.#burst * this.#interval)];
        try {
            const found = await run(this.#client, TAKE, [key(this.#space, values)], args);
            const [allowed, remaining, wait] = found as [number, number, number];
            return { allowed: allowed === 1, remaining, retryAfter: wait / 1000 };
        } catch (error) {
            if (!isDown(error)) throw error;
            return { allowed: this.#whenDown === "allow", remaining: 0, retryAfter: 1 };
        }
    }
}
