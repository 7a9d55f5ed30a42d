// Presence in a room over pub/sub: every instance of the application knows who is there, and nothing is stored.
//
// Pub/sub promises nothing: what is published while a subscriber is away is lost. So state is said again by heartbeats,
// and whoever subscribes, for the first time or after a lost connection, asks who is there.

import { HEARTBEAT, readMessage, Room, type Event, type Message } from "./room.ts";
import type { Client } from "./tier.ts";

/** One room in one instance of the application. */
export class Presence {
    readonly #publisher: Client;
    readonly #subscriber: Client;
    readonly #channel: string;
    readonly #seen: (event: Event) => void;
    readonly #room = new Room();
    readonly #mine = new Map<string, { user: string; number: number }>();
    #timer: NodeJS.Timeout | undefined;

    /**
     * Both clients are connections to one node (`connectNode`): one that subscribes can do nothing else. `channel` is the
     * room's, among those that the identity may use: `collab:{room}` where it has `collab:*`. It is subscribed to by its
     * whole name: an ACL compares the pattern of PSUBSCRIBE as text, so `collab:x*` would be refused to whoever may use
     * `collab:*`.
     */
    constructor(publisher: Client, subscriber: Client, channel: string, seen: (event: Event) => void) {
        this.#publisher = publisher;
        this.#subscriber = subscriber;
        this.#channel = channel;
        this.#seen = seen;
    }

    /** Who is there, as far as this instance has heard. */
    get users(): Set<string> {
        return this.#room.users;
    }

    /** Begin to listen. */
    async start(): Promise<void> {
        await this.#subscriber.subscribe(this.#channel, (text) => this.#hear(text));
        // After a lost connection, when node-redis has subscribed again.
        this.#subscriber.on("ready", this.#ask);
        this.#timer = setInterval(() => this.#tick(), HEARTBEAT);
        this.#ask();
    }

    /** A user has come through this instance. `connection` is an id that nothing else ever has: a UUID, not the user's. */
    join(user: string, connection: string): void {
        this.#mine.set(connection, { user, number: 0 });
        this.#say("here", connection);
    }

    /** Its connection is closed. */
    leave(connection: string): void {
        this.#say("gone", connection);
        this.#mine.delete(connection);
    }

    /** Say that everybody here is gone, where that can be said, and stop listening. The clients stay open. */
    async close(): Promise<void> {
        clearInterval(this.#timer);
        this.#subscriber.off("ready", this.#ask);
        for (const connection of [...this.#mine.keys()]) this.leave(connection);
        if (this.#subscriber.isReady) await this.#subscriber.unsubscribe(this.#channel);
    }

    readonly #ask = (): void => {
        this.#room.wait(performance.now());
        this.#publish({ kind: "who", user: "", connection: "", number: 0 });
        this.#beat();
    };

    #hear(text: string): void {
        const message = readMessage(text);
        if (message === undefined) return;
        if (message.kind === "who") this.#beat();
        this.#room.receive(message, performance.now()).forEach(this.#seen);
    }

    #tick(): void {
        // Without the cache nobody comes or goes: what was known stays until others can be heard again.
        if (!this.#subscriber.isReady) return;
        this.#beat();
        this.#room.expire(performance.now()).forEach(this.#seen);
    }

    #beat(): void {
        for (const connection of this.#mine.keys()) this.#say("here", connection);
    }

    #say(kind: "here" | "gone", connection: string): void {
        const mine = this.#mine.get(connection);
        if (mine === undefined) return;
        mine.number += 1;
        this.#publish({ kind, user: mine.user, connection, number: mine.number });
    }

    #publish(message: Message): void {
        // Not heard is said again: by the next heartbeat, or by the expiry of who is gone.
        this.#publisher.publish(this.#channel, JSON.stringify(message)).catch(() => undefined);
    }
}
