// Who is in a room, as one instance of the application knows it from messages: no connection, no clock of its own.
//
// Each connection says again and again that it is there, and is gone when it says so or is not heard for `EXPIRY`
// milliseconds by the listener's own clock: clocks are never compared. Its messages are numbered, because after a
// reconnect an older one may come later.

/** Milliseconds between two heartbeats of a connection. */
export const HEARTBEAT = 5_000;
/** Milliseconds without one after which it is gone. */
export const EXPIRY = 3 * HEARTBEAT;

/** A user came (the first of its connections) or went (the last). */
export interface Event {
    readonly kind: "came" | "went";
    readonly user: string;
}

/** What is published in a room's channel; `who` asks everybody for a heartbeat. */
export interface Message {
    readonly kind: "here" | "gone" | "who";
    readonly user: string;
    readonly connection: string;
    readonly number: number;
}

/** Undefined for what no instance of this version says: whoever may publish here may publish anything. */
export function readMessage(text: string): Message | undefined {
    let found: Partial<Record<keyof Message, unknown>> | null;
    try {
        found = JSON.parse(text) as typeof found;
    } catch {
        return undefined;
    }
    const { kind, user, connection, number } = found ?? {};
    if (kind !== "here" && kind !== "gone" && kind !== "who") return undefined;
    if (typeof user !== "string" || typeof connection !== "string" || !Number.isInteger(number)) return undefined;
    return { kind, user, connection, number: number as number };
}

interface Connection {
    readonly user: string;
    readonly number: number;
    readonly here: boolean;
    heard: number;
}

/** The connections in a room. Times are milliseconds of any clock that only goes forward. */
export class Room {
    #known = new Map<string, Connection>();

    /** Who is there. */
    get users(): Set<string> {
        return new Set([...this.#known.values()].filter((each) => each.here).map((each) => each.user));
    }

    /**
     * Take in a message; a connection that has gone is remembered, so that an older message does not bring it back.
     */
    receive(message: Message, now: number): Event[] {
        const known = this.#known.get(message.connection);
        if (message.kind === "who" || (known && message.number <= known.number)) return [];
        const before = this.users;
        const { connection, number } = message;
        const user = known?.user ?? message.user;
        this.#known.set(connection, { user, number, here: message.kind === "here", heard: now });
        return this.#events(before);
    }

    /** Take out what was not heard for too long. */
    expire(now: number): Event[] {
        const before = this.users;
        this.#known = new Map([...this.#known].filter(([, each]) => now - each.heard < EXPIRY));
        return this.#events(before);
    }

    /** Give everybody a whole `EXPIRY` again: nobody could be heard meanwhile. */
    wait(now: number): void {
        for (const each of this.#known.values()) each.heard = now;
    }

    #events(before: Set<string>): Event[] {
        const after = this.users;
        const came = [...after].filter((user) => !before.has(user)).sort();
        const went = [...before].filter((user) => !after.has(user)).sort();
        return [
            ...came.map((user) => ({ kind: "came", user }) as const),
            ...went.map((user) => ({ kind: "went", user }) as const),
        ];
    }
}
