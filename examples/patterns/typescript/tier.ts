// Connections to the caches, by the variables that `datatier env` prints; by node-redis, which needs nothing beyond
// what every identity may do (ioredis asks for INFO at each connection, and is refused and warns without it).

import { createHash } from "node:crypto";
import { createClient, createCluster, ErrorReply, type RedisClientOptions, type RedisClientType } from "@redis/client";

export type Environment = Readonly<Record<string, string | undefined>>;
/** What the patterns ask of a client; one in cluster mode has the same commands. */
export type Client = RedisClientType;

/**
 * A client of one cache; in cluster mode there is only database 0. Resolves once it is connected, and throws where the
 * cache is not in the environment or cannot be reached.
 *
 * A request waits for the cache, so a command is refused at once while there is no connection, and a connection on which
 * nothing has come for three seconds is given up.
 */
export async function connect(cache: string, database = 0, environment: Environment = process.env): Promise<Client> {
    const { options, cluster } = options_(cache, environment);
    const client: unknown = cluster
        ? createCluster({ rootNodes: [{ socket: options.socket! }], defaults: options })
        : createClient({ ...options, database });
    return await opened(client as Client);
}

/** A connection to one node, in cluster mode too: what is published on any node is heard on all. */
export async function connectNode(cache: string, environment: Environment = process.env): Promise<Client> {
    const client: unknown = createClient(options_(cache, environment).options);
    return await opened(client as Client);
}

/** Whether a cache cannot serve at the moment. A refusal is not that: it is a mistake and must be seen. */
export function isDown(error: unknown): boolean {
    if (error instanceof ErrorReply) return /^(LOADING|READONLY|OOM|CLUSTERDOWN|MASTERDOWN|TRYAGAIN) /.test(error.message);
    // What is no reply comes from the connection; a mistake in the program is a TypeError, RangeError ...
    return error instanceof Error && !/^(Type|Range|Reference|Syntax)Error$/.test(error.name);
}

/** Run a script by its hash, and by its text where the server does not know it, for instance after a restart. */
export async function run(client: Client, script: string, keys: string[], args: string[]): Promise<unknown> {
    const hash = createHash("sha1").update(script).digest("hex");
    try {
        return await client.evalSha(hash, { keys, arguments: args });
    } catch (error) {
        if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
        return await client.eval(script, { keys, arguments: args });
    }
}

function options_(cache: string, environment: Environment): { options: RedisClientOptions; cluster: boolean } {
    const prefix = cache === "main" ? "" : `${cache.toUpperCase().replaceAll("-", "_")}_`;
    const found = (name: string) => environment[`${prefix}REDIS_${name}`];
    const [host, port] = [found("HOST"), found("PORT")];
    if (host === undefined || port === undefined) {
        throw new Error(`${prefix}REDIS_HOST is not set: \`datatier env --reveal\` prints it`);
    }
    const socket = {
        host,
        port: Number(port),
        connectTimeout: 1000,
        socketTimeout: 3000,
        reconnectStrategy: (tries: number) => Math.min(20 * 2 ** tries, 1000) * (0.5 + Math.random() / 2),
        ...(found("TLS") === "true" ? { tls: true as const } : {}),
    };
    return {
        options: {
            username: found("USER"),
            password: found("PASSWORD"),
            socket,
            disableOfflineQueue: true,
            pingInterval: 1000,
        },
        cluster: found("CLUSTER") === "true",
    };
}

async function opened(client: Client): Promise<Client> {
    // Without a listener the first lost connection would end the process; a command that needs it rejects anyway.
    client.on("error", () => undefined);
    await client.connect();
    return client;
}
