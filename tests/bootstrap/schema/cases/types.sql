-- Types and domains. One case after each line that begins with "-- *".

-- * range types stay, with their subtypes, differences, collations and multiranges
create type price_range as range (subtype = numeric);
create table offer (id bigint primary key, p price_range, q price_multirange);
create function gap(a date, b date) returns double precision language sql immutable as 'select (a - b)::float8';
create type days as range (subtype = date, subtype_diff = gap, multirange_type_name = many_days);
create type words as range (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
create domain weekdays as days check (not isempty(value));
create table o2 (d days, m many_days, w words, x weekdays);
create function over(p price_range) returns numeric language sql as 'select upper(p)';

-- * a range's canonical function comes with it
create type steps;
create function same(steps) returns steps language internal immutable strict as 'int4range_canonical';
create type steps as range (subtype = int, canonical = same);

-- * a domain keeps its collation, default, constraints and comments
create domain code as text collate "C" default 'x' not null constraint short check (length(value) < 9)
    constraint "not empty" check (value <> '');
create domain plain as varchar(10);
create domain listed as code[];
comment on domain code is 'of a country';
comment on constraint short on domain code is 'under nine';
create domain unchecked as int;
alter domain unchecked add constraint later check (value > 0) not valid;

-- * a composite keeps the collation, the comments and the order of its fields
create type c as (b text collate "C", a numeric(5,2), "Order" int[]);
comment on type c is 'x';
comment on column c.b is 'y';
create type nothing as ();
create table t of c (a with options not null, check (b <> ''));
alter type c drop attribute a cascade;
alter type c add attribute z interval day to second(3) cascade;

-- * an enumeration keeps the order in which its values came to stand
create type e as enum ('b', 'd');
alter type e add value 'a' before 'b';
alter type e add value 'c' after 'b';
create type none as enum ();
create table t (x e default 'b', y e[] default '{b,d}', check (x < 'd'), check (y <> '{}'));

-- * columns keep every kind of type as it is written
create table t (a numeric(10,2), b varchar(3)[], c bit(4), d bit varying(9), e interval(2),
    f interval year to month, g timestamp(3) with time zone, h time(0), i char(7), j "char", k oid, l regclass,
    m name, n point, o tsquery, p uuid[][], q int4multirange, r numeric(3,-2), s xid8, t pg_lsn, u jsonpath,
    v macaddr8);

-- * a base type stays with its functions
create type dot;
create function dot_in(cstring) returns dot language internal immutable strict as 'int4in';
create function dot_out(dot) returns cstring language internal immutable strict as 'int4out';
create type dot (input = dot_in, output = dot_out, like = int4, category = 'N', preferred = true,
    default = '7', delimiter = ';');
create table t (d dot, e dot[]);
comment on type dot is 'a number by another name';

-- * a domain's default means the same wherever it is read
create schema app;
set search_path = app;
create function start() returns int language sql immutable as 'select 1';
create type mood as enum ('low', 'high');
create domain counter as int default start();
create domain feeling as mood default 'low';
create table app.t (x counter, y feeling);
reset search_path;
