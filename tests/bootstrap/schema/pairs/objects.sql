-- Views, functions and everything else.

-- * a function changes its body, its options and its comment
-- have
create function f(a int) returns int language sql as 'select 1'; comment on function f(int) is 'x'; create function s() returns int language sql security definer set search_path = public as 'select 1';
-- want
create function f(a int) returns int language sql immutable strict cost 9 as 'select 2'; create function s() returns int language sql as 'select 1'; comment on function s() is 'y';

-- * a function changes its result, its parameters' names and their defaults, under what uses it
-- have
create function r(a int) returns int language sql as 'select 1'; create function n(a int, b int default 2) returns int language sql as 'select 1'; create function d(a int, b text default 'x, y)') returns int language sql as 'select 1'; create function p(a int) returns int language sql as 'select 1'; create view v as select r(1) as x, n(1) as y, d(1) as z; create view w as select x from v;
-- want
create function r(a int) returns text language sql as 'select ''1'''; create function n(c int, b int) returns int language sql as 'select 1'; create function d(a int default 1, b text default 'z') returns int language sql as 'select 1'; create procedure p(a int) language sql as 'select 1'; create view v as select r(1) as x, n(1, 2) as y, d(1) as z; create view w as select x from v;

-- * a function that returns a table returns other columns
-- have
create function f() returns table (a int, b text) language sql as 'select 1, null::text'; create view v as select a from f();
-- want
create function f() returns table (a int, c text) language sql as 'select 1, null::text'; create view v as select a from f();

-- * a trigger's function changes while the trigger is there
create table t (a int);
-- have
create function f() returns trigger language plpgsql as 'begin return new; end'; create trigger g before insert on t for each row execute function f();
-- want
create function f() returns trigger language plpgsql as 'begin return old; end'; create trigger g before insert on t for each row execute function f();

-- * functions and views come in the order in which they need each other
create table t (a int);
-- have
select 1;
-- want
create function z(t) returns int language sql as 'select 1'; create view y as select z(t) as n from t; create function x(y) returns int language sql as 'select 1'; create view w as select x(y) from y; create function a() returns bigint language sql begin atomic select count(*) from w; end; create view b as select a();

-- * functions and views that nothing defines go in the order in which they use each other
create table t (a int);
-- have
create function z(t) returns int language sql as 'select 1'; create view y as select z(t) as n from t; create function x(y) returns int language sql as 'select 1'; create view w as select x(y) from y; create function a() returns bigint language sql begin atomic select count(*) from w; end; create view b as select a(); alter table t alter a set default a();
-- want
select 1;

-- * a view gets columns at its end
create table t (a int, b int);
-- have
create view v as select a from t; create view w as select * from v;
-- want
create view v as select a, b from t; create view w as select a from v; comment on column v.b is 'b'; alter view v alter b set default 3;

-- * a view loses, moves and changes columns under views of it
create table t (a int, b int, c text);
-- have
create view v as select a, b, c from t; create view w as select a from v; create materialized view m as select a from w; create index mi on m (a); comment on view w is 'w'; create view gone as select b from v;
-- want
create view v as select c, a::bigint as a from t; create view w as select a from v; create materialized view m as select a from w; create index mi on m (a); comment on view w is 'w';

-- * a view changes its options
create table t (a int);
-- have
create view v with (security_barrier = true) as select a from t; create view w as select a from t where a > 0 with local check option; create materialized view m with (fillfactor = 50) as select a from t;
-- want
create view v with (security_invoker = true) as select a from t; create view w as select a from t where a > 0; create materialized view m with (autovacuum_enabled = false) as select a from t;

-- * a view becomes materialized, and a materialized one plain
create table t (a int);
-- have
create view v as select a from t; create view over_v as select a from v; create materialized view m as select a from t; create index i on m (a);
-- want
create materialized view v as select a from t; create view over_v as select a from v; create view m as select a from t; create index i on v (a);

-- * a table that a materialized view reads loses a column that it does not read
create table k (id int);
-- have
create table t (a int, b int); create materialized view m as select a from t; create unique index i on m (a); create view v as select a, b from t;
-- want
create table t (a int); create materialized view m as select a from t; create unique index i on m (a); create view v as select a from t;

-- * aggregates and operators change
create type pair as (a int, b int); create function lt(pair, pair) returns boolean language sql immutable as 'select true'; create function gt(pair, pair) returns boolean language sql immutable as 'select true';
-- have
create aggregate total(int) (sfunc = int4pl, stype = int); create operator <<< (function = lt, leftarg = pair, rightarg = pair); create view v as select total(1);
-- want
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '5'); create operator <<< (function = gt, leftarg = pair, rightarg = pair); create view v as select total(1); comment on aggregate total(int) is 't';

-- * statistics come, go and change
create table t (a int, b int, c int);
-- have
create statistics s on a, b from t; create statistics gone on b, c from t; create statistics u on a, c from t;
-- want
create statistics s (ndistinct) on a, b, c from t; alter statistics s set statistics 9; create statistics u on a, c from t; comment on statistics u is 'u';

-- * publications come, go and change
create table t (a int primary key); create table u (a int primary key); create schema sc;
-- have
create publication p for table t; create publication gone for all tables; create publication q for table t with (publish = 'insert');
-- want
create publication p for table t where (a > 0), u; create publication new for tables in schema sc; create publication q for table t with (publish = 'insert, delete'); comment on publication q is 'q';

-- * a publication is left alone while a column that it names changes its type
-- have
create table t (a int primary key, b int); create publication p for table t (a, b);
-- want
create table t (a bigint primary key, b int); create publication p for table t (a, b);

-- * event triggers come, go and change, and are switched
create function f() returns event_trigger language plpgsql as 'begin null; end';
-- have
create event trigger a on ddl_command_end execute function f(); create event trigger gone on sql_drop execute function f(); alter event trigger gone disable;
-- want
create event trigger a on ddl_command_end when tag in ('CREATE TABLE') execute function f(); create event trigger new on sql_drop execute function f(); alter event trigger new disable;

-- * foreign tables and servers come, go and change
create foreign data wrapper w; create server s foreign data wrapper w options (host 'a', port '1');
-- have
create foreign table f (a int options (x 'y'), b text) server s options (t 'x', u 'y'); create foreign table gone (a int) server s;
-- want
create foreign table f (a bigint options (x 'z', w 'v'), b text, c int) server s options (t 'z'); create foreign table new (a int) server s;

-- * text search comes, goes and changes
-- have
create text search dictionary d (template = simple); create text search configuration c (parser = default); alter text search configuration c add mapping for word with d;
-- want
create text search dictionary d (template = simple, accept = false); create text search configuration c (parser = default); alter text search configuration c add mapping for word, asciiword with d, simple; comment on text search configuration c is 'c';

-- * casts and collations come and go
create type pair as (a int, b int);
-- have
create cast (pair as text) with inout; create collation old from "C";
-- want
create function to_pair(int) returns pair language sql immutable as 'select null::pair'; create cast (int as pair) with function to_pair(int); create collation new from "C"; create table t (a text collate new);

-- * a function of more than one parameter goes before the table whose rows it takes, and a view before it
create table k (id int);
-- have
create table t (a int); create function f(x t, n int, out c t) language plpgsql as 'begin end'; create view v as select (f(null::t, 1)).a as a;
-- want
select 1;

-- * a function of more than one parameter is made anew under what uses it
create table t (a int);
-- have
create function f(n int, m numeric) returns int language sql immutable as 'select 1'; create view v as select f(a, 1.5) as x from t; create index i on t (f(a, 2)); create policy p on t using (f(a, 3) > 0);
-- want
create function f(n int, m numeric) returns bigint language sql immutable as 'select 1::bigint'; create view v as select f(a, 1.5) as x from t; create index i on t (f(a, 2)); create policy p on t using (f(a, 3) > 0);
