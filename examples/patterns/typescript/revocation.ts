// Revocation of JWTs by their `jti`, on the cache that evicts nothing; whoever cannot be sure is refused.
//
// A revoked token is one key that lives as long as the token would have. A list that was lost (a cache that came back
// empty) would let all of them in again, so the list has a key that says since when it is complete: tokens issued before
// that are refused, and their bearers sign in again.

import { index, key, type Space } from "./keys.ts";
import type { Client } from "./tier.ts";

export const REVOKED: Space = {
    pattern: "blacklist:token:{jti}",
    cache: "queue",
    type: "string",
    ttl: 24 * 3600,
    database: 0,
};
/** Seconds by which the clocks of issuers and checkers may differ, which is also the leeway that checkers give `exp`. */
export const SKEW = 5;
/** Seconds that a token may live: a longer life would outlast its entry. */
export const LONGEST = REVOKED.ttl - 2 * SKEW;

/** Nobody can say whether a token was revoked: refuse the request (503), and keep the user's cookie. */
export class UnknownRevocationError extends Error {
    override readonly name = "UnknownRevocationError";
}

/** The list of revoked tokens. */
export class Revocations {
    readonly #client: Client;
    readonly #now: () => number;

    constructor(client: Client, now: () => number = () => Date.now() / 1000) {
        this.#client = client;
        this.#now = now;
    }

    /**
     * Revoke a token until its `exp`. Once this resolves, every check sees it. Throws a RangeError for a token that lives
     * too long, and the client's error where it was not revoked: tell the user that the sign-out failed.
     */
    async revoke(jti: string, expires: number): Promise<void> {
        const left = Math.ceil(expires - this.#now()) + 2 * SKEW;
        if (left > REVOKED.ttl) {
            throw new RangeError(`the token lives for ${left} s more, and the list remembers ${LONGEST} s`);
        }
        if (left > 0) await this.#client.set(key(REVOKED, { jti }), "", { expiration: { type: "EX", value: left } });
    }

    /**
     * Whether a token with this `jti` and `iat`, whose signature and `exp` were checked, must not be let in. One round
     * trip. Throws UnknownRevocationError where the list cannot be asked.
     */
    async revoked(jti: string, issued: number): Promise<boolean> {
        try {
            const [listed, since] = await Promise.all([
                this.#client.exists(key(REVOKED, { jti })),
                this.#client.getEx(index(REVOKED), { type: "EX", value: REVOKED.ttl }),
            ]);
            return listed > 0 || issued < Number(since ?? (await this.#begin())) + SKEW;
        } catch (error) {
            throw new UnknownRevocationError("the revocation list does not answer", { cause: error });
        }
    }

    /**
     * Begin a new list, unless another instance has done so just now. Checks keep it alive: one that nobody asked for a
     * day knows of no token that still lives.
     */
    async #begin(): Promise<string> {
        const expiration = { type: "EX", value: REVOKED.ttl } as const;
        await this.#client.set(index(REVOKED), String(this.#now()), { condition: "NX", expiration });
        const since = await this.#client.get(index(REVOKED));
        if (since === null) throw new Error("the list that was begun is gone");
        return since;
    }
}
