// A session store: sliding expiry under an absolute end, a new id at each login, and logout everywhere at once.
//
// A session is a hash under the hash of its id, and is valid only while the user's index, a second hash, has it too. So
// logout everywhere is the removal of one key, and an index that was evicted or lost signs its user out, not in.

import { randomBytes } from "node:crypto";
import { hashed, index, key, type Space } from "./keys.ts";
import type { Client } from "./tier.ts";

export const SESSIONS: Space = {
    pattern: "session:{user}:{session_hash}",
    cache: "main",
    type: "hash",
    ttl: 24 * 3600,
    database: 0,
};
/** Seconds after which a session ends however busy it is. */
export const LONGEST = 7 * 24 * 3600;
/** The field with the absolute end. */
const ENDS = "@ends";

export type Data = Readonly<Record<string, string>>;

/** Sessions by cookie, which is `user.secret`; the secret is nowhere in the cache. */
export class Sessions {
    readonly #client: Client;
    readonly #now: () => number;

    constructor(client: Client, now: () => number = () => Date.now() / 1000) {
        this.#client = client;
        this.#now = now;
    }

    /**
     * The cookie of a new session. `previous` is the cookie that the browser had before: that session ends, or whoever
     * planted it would now be signed in.
     */
    async signIn(user: string, data: Data, previous?: string): Promise<string> {
        if (previous !== undefined) await this.signOut(previous);
        const all = index(SESSIONS, { user });
        const now = this.#now();
        const known = Object.entries(await this.#client.hGetAll(all));
        const over = known.filter(([, ends]) => Number(ends) <= now).map(([mark]) => mark);
        if (over.length > 0) await this.#client.hDel(all, over);
        return await this.#start(user, data, now + LONGEST);
    }

    /** The data of a session, whose life starts again; undefined where it is over. One round trip. */
    async read(cookie: string): Promise<Data | undefined> {
        return (await this.#found(cookie))?.data;
    }

    /**
     * Add to the data of a session. After a sign-out it has no effect: what is not in the index is not read. Throws for
     * a field that is the store's own.
     */
    async write(cookie: string, data: Data): Promise<void> {
        if (ENDS in data) throw new RangeError(`\`${ENDS}\` is the store's own field`);
        const { own } = names(cookie);
        await this.#client.multi().hSet(own, data).expire(own, SESSIONS.ttl).exec();
    }

    /** Give a session a new id, where its user gets more rights; undefined where it is over. */
    async rotate(cookie: string): Promise<string | undefined> {
        const found = await this.#found(cookie);
        if (found === undefined) return undefined;
        const made = await this.#start(names(cookie).user, found.data, found.ends);
        await this.signOut(cookie);
        return made;
    }

    /** End one session. */
    async signOut(cookie: string): Promise<void> {
        const { own, all, mark } = names(cookie);
        await Promise.all([this.#client.hDel(all, mark), this.#client.unlink(own)]);
    }

    /** End all sessions of a user: they are over once the index is gone, and what they held goes next. */
    async signOutEverywhere(user: string): Promise<void> {
        const all = index(SESSIONS, { user });
        const marks = await this.#client.hKeys(all);
        await this.#client.unlink(all);
        await Promise.all(marks.map((mark) => this.#client.unlink(key(SESSIONS, { user, session_hash: mark }))));
    }

    /** The data and the absolute end of a session that is not over. */
    async #found(cookie: string): Promise<{ data: Data; ends: number } | undefined> {
        const { own, all, mark } = names(cookie);
        // Sent together, in this order: node-redis pipelines what is asked in one turn.
        const [fields, listed] = await Promise.all([
            this.#client.hGetAll(own),
            this.#client.hExists(all, mark),
            this.#client.expire(own, SESSIONS.ttl),
            this.#client.expire(all, SESSIONS.ttl),
        ]);
        const { [ENDS]: ends = "0", ...data } = fields;
        return listed && Number(ends) > this.#now() ? { data, ends: Number(ends) } : undefined;
    }

    async #start(user: string, data: Data, ends: number): Promise<string> {
        const cookie = `${user}.${randomBytes(32).toString("base64url")}`;
        const { own, all, mark } = names(cookie);
        await Promise.all([
            this.#client.hSet(own, { ...data, [ENDS]: String(ends) }),
            this.#client.expire(own, SESSIONS.ttl),
            this.#client.hSet(all, mark, String(ends)),
            this.#client.expire(all, SESSIONS.ttl),
        ]);
        return cookie;
    }
}

/** The user, the session's key, the index, and the session's field there. */
function names(cookie: string): { user: string; own: string; all: string; mark: string } {
    const dot = cookie.lastIndexOf(".");
    const user = cookie.slice(0, Math.max(dot, 0));
    const mark = hashed(cookie.slice(dot + 1));
    return { user, own: key(SESSIONS, { user, session_hash: mark }), all: index(SESSIONS, { user }), mark };
}
