-- Two databases each: what both have, what the one has, and what the other one has. The mends turn the first into it.

-- * a value is added at the end, in the middle and at the beginning of an enumeration that is in use
create table t (m text);
-- have
create type mood as enum ('b', 'd'); create table u (m mood default 'b', check (m <> 'd')); create view v as select m from u;
-- want
create type mood as enum ('a', 'b', 'c', 'd', 'it''s'); create table u (m mood default 'b', check (m <> 'd')); create view v as select m from u;

-- * a value of an enumeration is renamed, and another one added
-- have
create type mood as enum ('a', 'b', 'c'); create table u (m mood default 'b');
-- want
create type mood as enum ('a', 'B''s', 'c', 'd'); create table u (m mood default 'B''s');

-- * an empty enumeration gets values
-- have
create type mood as enum ();
-- want
create type mood as enum ('a', 'b');

-- * a domain changes its default, its NOT NULL and its constraints where it is in use
create domain d as int; create table t (a d);
-- have
alter domain d set default 1; alter domain d set not null; alter domain d add constraint low check (value > 0); alter domain d add constraint gone check (value > 1);
-- want
alter domain d add constraint low check (value > 5); alter domain d add constraint high check (value < 9); comment on constraint high on domain d is 'x';

-- * a domain gets what it lacks
create domain d as text;
-- have
alter domain d add constraint late check (value <> '') not valid;
-- want
alter domain d set default 'x'; alter domain d set not null; alter domain d add constraint late check (value <> ''); comment on domain d is 'y';

-- * a domain of another base type is made anew, with the functions that take it
-- have
create domain d as int; create function f(d) returns int language sql as 'select 1'; create view v as select f(1);
-- want
create domain d as bigint; create function f(d) returns int language sql as 'select 1'; create view v as select f(1);

-- * a composite type gets, loses and changes fields
-- have
create type c as (a int, b text, x numeric); create function f(c) returns int language sql as 'select ($1).a';
-- want
create type c as (a bigint, b text collate "C", z interval); create function f(c) returns int language sql as 'select 1'; comment on column c.z is 'z'; comment on type c is 'c';

-- * a composite type that a table has gets a field
create table k (id int);
-- have
create type c as (a int); create table t (x c);
-- want
create type c as (a int, b text); create table t (x c);

-- * a composite type that a view reads changes the field that the view reads
-- have
create type c as (a int); create function f() returns c language sql as 'select null::c'; create view v as select (f()).a as a; comment on view v is 'v';
-- want
create type c as (a bigint); create function f() returns c language sql as 'select null::c'; create view v as select (f()).a as a; comment on view v is 'v';

-- * a range that is not in a table is made anew, with what uses it
-- have
create type r as range (subtype = int); create function f(r) returns int language sql as 'select lower($1)';
-- want
create type r as range (subtype = bigint); create function f(r) returns bigint language sql as 'select lower($1)';

-- * an enumeration becomes a domain
-- have
create type x as enum ('a'); create function f(x) returns int language sql as 'select 1';
-- want
create domain x as text; create function f(x) returns int language sql as 'select 1';

-- * types come and go with the tables and functions that use them
-- have
create type old as enum ('a'); create type older as (a old); create table t (x older, y int); create function f(older) returns int language sql as 'select 1';
-- want
create type new as enum ('a'); create type newer as (a new); create table t (x newer[], y int); create function f(newer) returns int language sql as 'select 1';

-- * a column of a type that goes changes to another one
-- have
create type old as enum ('a', 'b'); create table t (m old default 'a');
-- want
create table t (m text default 'a'::text);
