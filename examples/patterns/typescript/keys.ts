// A key space as `access.yaml` declares it, and the names of its keys.

import { createHash } from "node:crypto";

/** One entry of `keyspaces`: the same pattern, cache, type, longest life (seconds) and database. */
export interface Space {
    readonly pattern: string;
    readonly cache: string;
    readonly type: string;
    readonly ttl: number;
    readonly database: number;
}

export type Values = Readonly<Record<string, string>>;

/**
 * The name of one key. What has a meaning in names, `:` above all, is escaped in values, so that no two sets of values
 * have one name. Throws for a variable without a value.
 */
export function key(space: Space, values: Values): string {
    return named(space, values, (variable) => {
        throw new Error(`${space.pattern}: ${variable} has no value`);
    });
}

/**
 * The one key that is about all those of the space that have these values: `@` stands for the other variables, and no
 * value can be that, because it would be escaped.
 */
export function index(space: Space, values: Values = {}): string {
    return named(space, values, () => "@");
}

/** What stands in a name for a random secret of 128 bits or more: names are seen by more than values are. */
export function hashed(secret: string): string {
    return createHash("sha256").update(secret).digest("hex");
}

function named(space: Space, values: Values, missing: (variable: string) => string): string {
    return space.pattern.replace(/\{(\w+)\}/g, (_, variable: string) => {
        const value = values[variable];
        return value === undefined ? missing(variable) : quoted(value);
    });
}

/** RFC 3986: encodeURIComponent leaves five characters that a glob or another language would not. */
function quoted(value: string): string {
    return encodeURIComponent(value).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}
