-- What needs what: the SQL of a definition comes in an order in which it applies. One case after each line that begins with "-- *".

-- * functions come after the tables whose rows they take, return or read
create table customer (id bigint primary key, name text);
create function best(n int) returns setof customer language sql stable as $$ select * from customer limit n $$;
create function gross(c customer) returns int language sql as $$ select 1 $$;
create procedure done(c customer) language plpgsql as $$ begin null; end $$;
create function total() returns bigint language sql begin atomic select count(*) from customer; end;

-- * functions come after the functions that they are written with, whatever their names
create function today() returns date language sql stable return now()::date;
create function a_tomorrow() returns date language sql stable return today() + 1;
create function "0 week"() returns date language sql stable return a_tomorrow() + 7;

-- * functions come after the views, materialized views and types of other tables that they take
create table a (id int);
create view b as select id from a;
create materialized view c as select id from b;
create function ab(x b) returns setof c language sql as 'select * from c';
create function aa(variadic x a[]) returns b[] language sql as 'select null::b[]';
create function table_of() returns table (x a, y b) language sql as 'select null::a, null::b';

-- * a domain comes after the function of its check, and tables after both
create function is_slug(v text) returns boolean language sql immutable as $$ select v ~ '^[a-z0-9-]+$' $$;
create domain slug as text check (is_slug(value));
create domain a_slugs as slug[];
create table page (id bigint primary key, path slug, paths a_slugs);

-- * a domain may have a default from a function, and a function that takes the domain
create function start() returns int language sql immutable as 'select 1';
create domain counter as int default start() not null constraint low check (value > 0);
create function next(c counter) returns counter language sql as 'select (c + 1)::counter';
create domain big as counter check (next(value) > 1);

-- * types come after the types in them, whatever their names
create type status as enum ('a','b');
create type address as (street text, state status);
create domain a_status as status;
create type aa as (many address[], one a_status);

-- * a type that stands in for a row of a table comes after it
create table t (id int);
create type pair as (a t, b t[]);
create table u (p pair);
create domain positive as t check ((value).id > 0);

-- * foreign keys come after the unique index that they lean on
create table account (id bigint primary key, ref text not null);
create unique index account_ref on account (ref);
create table booking (id bigint primary key, r text references account (ref));

-- * tables may refer to each other and to themselves
create table a (id int primary key, b int);
create table b (id int primary key references a, up int references b);
alter table a add foreign key (b) references b deferrable initially deferred;

-- * views come in the order in which they need each other, whatever words stand in them
create table sale (id bigint primary key, orders int, customers int);
create view customers as select id, orders from sale;
create view orders as select id, customers from sale;
create view "zz-source" as select id from sale;
create view "aa-top" as select id from "zz-source";
create view "Quoted" as select 'aa-top' as "aa-top" from "aa-top";
create view a as select * from "Quoted";

-- * a view comes after the primary key that its GROUP BY leans on
create table p (id int primary key, name text, n int);
create view sums as select id, name, sum(n) from p group by id;
create view ahead as select * from sums;

-- * a column's default may call a function that reads the table
create table t (id int);
create function next_id() returns int language sql begin atomic select coalesce(max(id), 0) + 1 from t; end;
alter table t alter id set default next_id();

-- * a check and a generated column may call a function that takes a row of the table
create table t (id int, n int);
create function fine(r t) returns boolean language sql immutable as 'select true';
create function twice(n int) returns int language sql immutable as 'select n * 2';
alter table t add check (fine(t)), add column m int generated always as (twice(n)) stored;

-- * an index and a policy may call functions that take a row of the table
create table t (id int);
create function key_of(r t) returns int language sql immutable as 'select r.id';
create index by_key on t (key_of(t));
create policy p on t using (key_of(t) > 0);
create function seen() returns bigint language sql stable begin atomic select count(*) from t; end;
create policy q on t for select using (seen() < 10);

-- * a view and a function may need each other
create view v as select 1 as a, 2 as b;
create function f(x v) returns int language sql stable as 'select x.a';
create or replace view v as select 1 as a, 2 as b, 3 as c;
create function g() returns setof v language sql stable begin atomic select 1, 2, 3; end;
create view w as select f(v) from v;

-- * two views may need each other through a rule
create table t (id int);
create view v as select id from t;
create rule into_v as on insert to v do instead insert into t values (new.id);
create rule from_t as on update to t do also delete from v;

-- * a view may read itself through a function's body
create view v as select 1 as a;
create function f() returns int language sql stable begin atomic select a from v; end;
create or replace view v as select f() as a;

-- * functions may call each other
create function a(n int) returns int language sql as 'select 1';
create function b(n int) returns int language sql begin atomic select a(n); end;
create or replace function a(n int) returns int language sql begin atomic select b(n); end;

-- * a function's default for an argument comes after the function that it calls
create function zero() returns int language sql immutable as 'select 0';
create function a(n int default zero(), m text default 'x, y) returns') returns int language sql as 'select n';

-- * a sequence that a default names, and one that a column owns, come with their table
create sequence s;
create table t (id int default nextval('s'), n serial, m bigint default nextval('s') * 2);
create sequence own owned by t.m;
create table u (id int default nextval('own'));
create view v as select last_value from s;

-- * a trigger comes after the function that needs its table
create table t (id int);
create function f() returns trigger language plpgsql as $$ declare r t; begin return new; end $$;
create trigger g before insert on t for each row when (new.id > 0) execute function f();

-- * a partition key may call a function, and a bound a constant of an enumeration
create type mood as enum ('good', 'bad');
create function half(n int) returns int language sql immutable as 'select n / 2';
create table p (n int, m mood) partition by range (half(n));
create table p1 partition of p for values from (0) to (10) partition by list (m);
create table p1_good partition of p1 for values in ('good', null);
