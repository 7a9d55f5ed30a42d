-- Views, functions and everything else. One case after each line that begins with "-- *".

-- * views keep their options, column names, defaults and kinds
create table t (a int, b text);
create view v (x, "Y z") with (security_barrier = true, security_invoker = true) as select a,
    b from t where a > 0 with cascaded check option;
alter view v alter x set default 7;
create recursive view r (n) as values (1) union all select n + 1 from r where n < 9;
create materialized view m with (fillfactor = 70) as select a, count(*) as n from t group by a with no data;
create unique index m_a on m (a);
alter materialized view m alter n set statistics 99;
create materialized view full_m as select * from t;
create view w as select * from m natural join full_m;
create view none as select;
create view vals (a) as select * from (values (1), (2)) v (a);

-- * functions keep everything that is said of them
create function a(x int, inout y text default 'it''s, (x', variadic z int[] default '{}') language sql
    immutable strict leakproof parallel safe cost 7 as 'select y';
create function b() returns setof record language sql rows 9 stable security definer set search_path =
    pg_catalog, "My Path" set work_mem = '8MB' as $$ select 1, 'a;b' $$;
create function c(a int) returns table (b int, "C" text) language plpgsql as $x$ begin return query select 1,
    $$it's$$::text; end $x$;
create function c(a bigint) returns int language sql return a::int;
create procedure p(inout a int, b text[] default null) language plpgsql as 'begin commit; end';
create function w() returns bigint language internal window as 'window_row_number';
create function t() returns trigger language plpgsql as 'begin return null; end';
create function d(x anyelement, y anyarray) returns anyelement language sql as 'select x';
create function tz(at timestamp(3) with time zone, n numeric(5,2)) returns varchar(9) language sql as 'select null';
create function fmt(text, variadic "any") returns text language internal as 'text_format';

-- * aggregates of every kind stay
create function add(int, int) returns int language sql immutable as 'select $1 + $2';
create aggregate total(int) (sfunc = add, stype = int, initcond = '0', combinefunc = add, parallel = safe);
create aggregate moving(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = int4mi, mstype = int,
    minitcond = '0', finalfunc_modify = read_write);
create aggregate mid(float8 order by anyelement) (sfunc = ordered_set_transition, stype = internal,
    finalfunc = percentile_disc_final, finalfunc_extra);
create aggregate standing(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi,
    stype = internal, finalfunc = rank_final, finalfunc_extra, hypothetical);
create aggregate biggest(int) (sfunc = int4larger, stype = int, sortop = >);
create view v as select total(n), biggest(n) from generate_series(1, 3) n;
create aggregate "No Args"(*) (sfunc = int8inc, stype = int8, initcond = '0');

-- * operators, their classes and families, and casts stay
create type pair as (a int, b int);
create function pair_lt(pair, pair) returns boolean language sql immutable as 'select ($1).a < ($2).a';
create function pair_gt(pair, pair) returns boolean language sql immutable as 'select ($1).a > ($2).a';
create function pair_eq(pair, pair) returns boolean language sql immutable as 'select ($1).a = ($2).a';
create function pair_cmp(pair, pair) returns int language sql immutable as 'select ($1).a - ($2).a';
create operator <<< (function = pair_lt, leftarg = pair, rightarg = pair, commutator = >>>);
create operator >>> (function = pair_gt, leftarg = pair, rightarg = pair, commutator = <<<);
create operator === (function = pair_eq, leftarg = pair, rightarg = pair, commutator = ===, restrict = eqsel,
    join = eqjoinsel, hashes, merges);
create operator family pairs using btree;
create operator class pair_ops for type pair using btree family pairs as operator 1 <<<, operator 3 ===,
    operator 5 >>>, function 1 pair_cmp(pair, pair);
create function to_pair(int) returns pair language sql immutable as 'select row($1, 0)::pair';
create cast (int as pair) with function to_pair(int) as implicit;
create cast (pair as text) with inout as assignment;
create table t (p pair, q pair default 3::pair, check (p === q));
create index by_pair on t (p pair_ops);
create view v as select * from t where p <<< q;
comment on operator === (pair, pair) is 'x';
comment on cast (int as pair) is 'y';

-- * text search, collations and conversions stay
create text search dictionary words (template = simple, stopwords = english, accept = false);
create text search configuration mine (parser = default);
alter text search configuration mine add mapping for asciiword, word, hword with words, english_stem;
create text search parser own (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end,
    lextypes = prsd_lextype, headline = prsd_headline);
create text search template tmpl (init = dsimple_init, lexize = dsimple_lexize);
create collation plain (provider = libc, locale = 'C');
create collation copied from "C";
create conversion conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8;
create table t (a text collate plain, b tsvector generated always as (to_tsvector('mine', a)) stored);
create index on t using gin (to_tsvector('mine'::regconfig, a));
create domain d as text collate copied;
comment on collation plain is 'x';
comment on text search configuration mine is 'y';

-- * statistics stay, of every kind
create table t (a int, b int, c text);
create statistics s1 (ndistinct, dependencies) on a, b from t;
create statistics s2 on a, (b + 1), lower(c) from t;
create statistics "S 3" (mcv) on a, b from t;
alter statistics s1 set statistics 33;
create schema x;
create statistics x.s4 on (a * 2) from t;

-- * publications stay, with their tables, columns, filters and schemas
create schema s;
create table a (id int primary key, n int, secret text);
create table s.b (id int primary key);
create publication everything for all tables with (publish = 'insert, delete');
create publication few for table a (id, n) where (id > 0), s.b;
create publication whole for tables in schema s with (publish_via_partition_root = true);
create publication nothing;
comment on publication few is 'x';

-- * event triggers stay, with their state
create function told() returns event_trigger language plpgsql as 'begin null; end';
create event trigger quiet on ddl_command_start when tag in ('CREATE TABLE', 'DROP TABLE') execute function told();
alter event trigger quiet disable;
create event trigger ends on sql_drop execute function told();
comment on event trigger ends is 'x';

-- * foreign data wrappers, servers and tables stay
create foreign data wrapper nowhere options (debug 'true');
create server away type 'x' version '1' foreign data wrapper nowhere options (host 'a''b');
create foreign table f (id int options (column_name 'ID') not null, n text default 'x',
    check (id > 0)) server away options (table_name 'T');
create table p (id int) partition by list (id);
create foreign table p1 partition of p for values in (1) server away;
comment on foreign table f is 'x';
comment on server away is 'y';
create function fn(f) returns int language sql as 'select 1';
create view v as select id from f;

-- * languages, access methods and transforms stay
create trusted language plx handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator;
create function in_x() returns int language plx as 'begin return 1; end';
create access method heap2 type table handler heap_tableam_handler;
create table t (id int) using heap2;
create function to_sql(internal) returns internal language internal immutable as 'prsd_lextype';
create transform for int language plx (from sql with function to_sql(internal));

-- * procedures that differ in OUT parameters alone stay two
create procedure p(out a int) language plpgsql as 'begin a := 1; end';
create procedure p(a int) language plpgsql as 'begin end';
create procedure p(in a text, out b int, inout c int default 4, variadic d int[] default '{}') language plpgsql as
    'begin end';
comment on procedure p(out int) is 'out';
comment on procedure p(in int) is 'in';
comment on procedure p(text, out int, inout int, variadic int[]) is 'all';

-- * materialized views are filled after those that they read through views and functions
create table t (a int);
create materialized view z as select a from t;
create view y as select * from z;
create function x() returns setof y language sql stable begin atomic select * from y; end;
create materialized view b_top as select * from y;
create materialized view a_top as select x.a from x() join b_top using (a);

-- * a materialized view that reads an emptied one stays without rows
create table t (a int);
create materialized view z as select a from t;
create materialized view b as select * from z;
create materialized view a as select * from b;
refresh materialized view z with no data;

-- * a comment on the rule that makes a view is none on the view
create view v as select 1 as a;
comment on view v is 'view';
comment on rule "_RETURN" on v is 'rule';

-- * an event trigger keeps the order of its tags
create function told() returns event_trigger language plpgsql as 'begin null; end';
create event trigger t on ddl_command_end when tag in ('DROP TABLE', 'ALTER TABLE', 'CREATE TABLE') execute function
    told();
