-- Names of any kind, in any schema. One case after each line that begins with "-- *".

-- * words of SQL stay names, quoted as the server quotes them
create table crypto_key (id bigint primary key, "asymmetric" boolean, "user" text, "order" int, "end" int,
    "both" int, "collate" text, name text, value int, "interval" int, "values" int, "coalesce" int, "xmlparse" int,
    "json" jsonb);
create table "table" ("select" int primary key, "window" int references "table");
create index "index" on "table" ("window");
create view "view" as select "select" as "from" from "table";
create type "type" as enum ('a');
create type "interval" as ("null" int);
create function "function"("in" int, "interval" "interval") returns "type" language sql as $$ select 'a'::"type" $$;
create sequence "sequence";
create domain "domain" as int;
create schema "schema";
create table "schema"."table" (a "interval", b "domain");

-- * names with capitals, blanks, dots, quotes, percent signs and umlauts stay
create schema "My Schema";
create schema "a.b";
create table "My Schema"."T.1" ("C d" int primary key, "e""f" int, "100%" text, "ä" text, "{x}" text, "$1" int,
    "a,b" int);
create table "a.b"."T.1" ("x" int references "My Schema"."T.1" on delete cascade, "y(z)" int,
    constraint "ch""eck" check ("y(z)" > 0));
create index "i;x" on "My Schema"."T.1" ("e""f", "a,b");
create view "a.b"."v'w" as select "C d" as "E""F" from "My Schema"."T.1";
create function "a.b"."f(x)"("a b" "My Schema"."T.1", out "O" int) language sql as 'select 1';
create sequence "a.b"."s.q";
create type "a.b"."E" as enum ('it''s', 'a"b', 'back\slash', '%s', 'öl', '');
comment on column "My Schema"."T.1"."e""f" is 'it''s %s {x} \ "';

-- * the same name in two schemas is two things
create schema a;
create schema b;
create type a.mood as enum ('x');
create type b.mood as enum ('y');
create table a.t (id int primary key, m b.mood);
create table b.t (id int references a.t, m a.mood);
create table t (x a.mood, y b.mood);
create function a.f(a.mood) returns b.mood language sql as 'select null::b.mood';
create function f(b.mood) returns a.mood language sql as 'select null::a.mood';
create view b.v as select t.id, u.m from a.t join b.t u using (id);

-- * objects of schemas with names like a user's or the catalog's come along
create schema postgres;
create schema pgx;
create schema "information";
create table postgres.t (id int);
create table pgx.pg_class (id int);
create table information.columns (id int);
create schema empty;

-- * names as long as they may be stay whole
create table a123456789b123456789c123456789d123456789e123456789f123456789xyz (id serial primary key,
    n int check (n > 0), c123456789c123456789d123456789e123456789f123456789g123456789xyz int generated always as
    identity unique);
create index on a123456789b123456789c123456789d123456789e123456789f123456789xyz
    (c123456789c123456789d123456789e123456789f123456789g123456789xyz);

-- * another tool's schema_migrations is a table like any other
create table schema_migrations (version varchar primary key);
insert into schema_migrations values ('20240101');
create schema app;
create table app.schema_migrations (version bigint primary key, inserted_at timestamp);
create table schema_migrations_history (note text);

-- * words in comments, literals and bodies are no names
create table t (id int, note text default 'drop table t; -- "x"' check (note <> 'a''b;c'));
create function f() returns text language plpgsql as $body$ begin return $x$ ; select 'it''s' $x$; end $body$;
create view v as select 'REFERENCES t(id)'::text as x, E'a
b' as y from t;
comment on view v is E'line
break; -- no';
