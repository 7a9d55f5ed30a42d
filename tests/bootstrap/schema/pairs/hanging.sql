-- What hangs on tables: constraints, indexes, triggers, rules, policies, partitions.

-- * foreign keys come with the table, the key and the unique index that they need
create table a (id int, ref text); create table b (id int, r text, u int);
-- have
select 1;
-- want
alter table a add primary key (id); create unique index a_ref on a (ref); create table c (id int primary key); alter table b add foreign key (id) references a, add foreign key (r) references a (ref), add foreign key (u) references c on delete cascade;

-- * a key that foreign keys lean on becomes another one
create table a (id int not null, n int not null); create table b (id int, n int);
-- have
alter table a add constraint k primary key (id); alter table b add constraint f foreign key (id) references a (id); create view v as select id, n from a group by id;
-- want
alter table a add constraint k primary key (id, n); alter table b add constraint f foreign key (id, n) references a (id, n); create view v as select id, n from a group by id, n;

-- * a key changes while what leans on it stays
create table a (id int not null, n int); create table b (id int);
-- have
alter table a add constraint k unique (id); alter table b add constraint f foreign key (id) references a (id); comment on constraint f on b is 'f'; comment on constraint k on a is 'k';
-- want
alter table a add constraint k unique (id) include (n); alter table b add constraint f foreign key (id) references a (id); comment on constraint f on b is 'f'; comment on constraint k on a is 'k';

-- * a unique index that a foreign key leans on changes
create table a (id int not null, n int); create table b (id int);
-- have
create unique index i on a (id); alter table b add constraint f foreign key (id) references a (id); alter table a replica identity using index i;
-- want
create unique index i on a (id) include (n); alter table b add constraint f foreign key (id) references a (id); alter table a replica identity using index i;

-- * constraints of every kind come, go and change
create table k (id int primary key); create table t (a int, b int, r int4range);
-- have
alter table t add constraint c1 check (a > 0), add constraint c2 check (b > 0), add constraint u unique (a), add constraint x exclude using gist (r with &&), add constraint f foreign key (a) references k, add constraint nv check (a < 9) not valid;
-- want
alter table t add constraint c1 check (a > 1), add constraint c3 check (b > 0) no inherit, add constraint u unique nulls not distinct (a, b) deferrable, add constraint x exclude using gist (r with =), add constraint f foreign key (a) references k on delete cascade deferrable initially deferred, add constraint nv check (a < 9), add constraint nv2 check (b < 9) not valid, add constraint f2 foreign key (b) references k not valid;

-- * NOT VALID keys are checked
create table k (id int primary key); create table t (a int);
-- have
alter table t add constraint f foreign key (a) references k not valid, add constraint c check (a > 0) not valid;
-- want
alter table t add constraint f foreign key (a) references k, add constraint c check (a > 0);

-- * indexes come, go and change, on views too
create table t (a int, b text); create materialized view m as select a, b from t;
-- have
create index i1 on t (a); create index i2 on t (b); create unique index i3 on m (a); create index i4 on t ((a + 1)); alter index i4 alter column 1 set statistics 5; alter table t cluster on i1;
-- want
create index i1 on t (a desc) include (b); create index i5 on t (lower(b)) where a > 0; create unique index i3 on m (a, b); create index i4 on t ((a + 1)); alter index i4 alter column 1 set statistics 7; comment on index i5 is 'x'; alter table t cluster on i1; alter materialized view m cluster on i3;

-- * an index moves to another table under its name
create table t (a int); create table u (a int);
-- have
create index i on t (a); alter table t add constraint k unique (a);
-- want
create index i on u (a); alter table u add constraint k unique (a);

-- * triggers change what they do and when they fire
create table t (a int, b int); create function f() returns trigger language plpgsql as 'begin return new; end'; create function g() returns trigger language plpgsql as 'begin return new; end';
-- have
create trigger a before insert on t for each row execute function f(); create trigger b after insert on t for each row execute function f(); create trigger c after insert on t for each row execute function f(); create trigger gone after insert on t for each row execute function f(); alter table t disable trigger b;
-- want
create trigger a before insert or update of b on t for each row when (new.a > 0) execute function g('x'); create trigger b after insert on t for each row execute function f(); create trigger c after insert on t for each row execute function f(); alter table t enable always trigger c; create trigger new after delete on t for each statement execute function g(); comment on trigger new on t is 'x';

-- * a constraint trigger changes, and becomes a plain one
create table t (a int); create function f() returns trigger language plpgsql as 'begin return new; end'; create function g() returns trigger language plpgsql as 'begin return new; end';
-- have
create constraint trigger a after insert on t deferrable for each row execute function f(); create constraint trigger b after insert on t for each row execute function f();
-- want
create constraint trigger a after insert or update on t deferrable initially deferred for each row execute function g(); create trigger b after insert on t for each row execute function f();

-- * rules come, go, change and fire otherwise
create table t (a int); create view v as select a from t;
-- have
create rule a as on insert to t do instead nothing; create rule b as on delete to t do also nothing; create rule c as on update to t do also nothing;
-- want
create rule a as on insert to t where new.a > 0 do instead nothing; create rule c as on update to t do also nothing; alter table t disable rule c; create rule v as on insert to v do instead insert into t values (new.a); comment on rule v on v is 'v';

-- * policies and row-level security come, go and change
create table t (a int); create table u (a int); create table w (a int); create function f(int) returns boolean language sql as 'select true';
-- have
alter table t enable row level security; create policy p on t using (a > 0); create policy gone on t using (true); alter table w enable row level security, force row level security;
-- want
alter table t enable row level security, force row level security; create policy p on t as restrictive for update using (f(a)) with check (a > 1); alter table u enable row level security; create policy q on u for insert with check (true); comment on policy q on u is 'q';

-- * partitions come, go, move and change their bounds
create table p (a int, b int) partition by range (a); create table q (a int, b int) partition by list (a);
-- have
create table p1 partition of p for values from (0) to (10); create table p2 partition of p for values from (10) to (20); create table p3 partition of p for values from (20) to (30); create table alone (a int, b int); create table q1 partition of q for values in (1); create table gone partition of q for values in (9);
-- want
create table p1 partition of p for values from (0) to (5); create table p2 partition of p for values from (5) to (20); create table p3 (a int, b int); create table alone partition of p for values from (40) to (50); create table q1 partition of q for values in (1, 2); create table new partition of q default; create table deep partition of q for values in (7) partition by list (b); create table deep1 partition of deep for values in (1);

-- * what hangs on partitions alone comes, goes and changes
create table p (a int, b int) partition by range (a); create table p1 partition of p for values from (0) to (10); create table p2 partition of p for values from (10) to (20); create function f() returns trigger language plpgsql as 'begin return new; end';
-- have
create index i on p1 (b); alter table p1 add constraint c check (b > 0), enable row level security; create policy y on p1 using (true); alter table p2 alter b set default 4, alter b set not null; create trigger g before insert on p1 for each row execute function f();
-- want
create index i on p1 (b, a); alter table p1 add constraint c check (b > 1); alter table p2 enable row level security; create policy y on p2 using (true); create trigger g before insert on p2 for each row execute function f(); alter table p1 alter b set default 5; comment on table p2 is 'x'; alter table p1 set (fillfactor = 50);

-- * keys and indexes of a partitioned table come, go and change
create table p (a int, b int) partition by range (a); create table p1 partition of p for values from (0) to (10); create table k (id int primary key);
-- have
create index i on p (b); alter table p add constraint u unique (a); create index gone on p (a);
-- want
create index i on p (b desc); alter table p add constraint u unique (a, b), add constraint f foreign key (b) references k, add constraint c check (b > 0), add primary key (a); create index new on p (b);

-- * a trigger and a policy use a function that is made anew
create table t (a int);
-- have
create function f(int) returns int language sql immutable as 'select 1'; create policy p on t using (f(a) > 0); create index i on t (f(a)); alter table t add constraint c check (f(a) > 0), alter a set default f(1); create view v as select f(a) as x from t; create rule r as on delete to t where f(old.a) > 0 do instead nothing; create function g(int) returns int language sql begin atomic select f($1); end;
-- want
create function f(int) returns bigint language sql immutable as 'select 1::bigint'; create policy p on t using (f(a) > 0); create index i on t (f(a)); alter table t add constraint c check (f(a) > 0), alter a set default f(1); create view v as select f(a) as x from t; create rule r as on delete to t where f(old.a) > 0 do instead nothing; create function g(int) returns bigint language sql begin atomic select f($1); end;

-- * comments on keys and indexes that a partition has from its parent change
create table p (a int primary key, b int) partition by list (a); create table p1 partition of p for values in (1); create index on p (b);
-- have
comment on constraint p1_pkey on p1 is 'a'; comment on index p1_b_idx is 'b';
-- want
comment on constraint p1_pkey on p1 is 'c'; comment on index p1_pkey is 'd'; comment on index p1_b_idx is 'e';

-- * keys and indexes of partitions that differ from their parent's are made anew with that
create table p (a int primary key, b int) partition by list (a); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2); create index on p (b); create table ref (a int references p);
-- have
alter index p1_b_idx set (fillfactor = 50); alter index p2_pkey set (fillfactor = 60);
-- want
alter index p2_b_idx set (fillfactor = 70); alter index p1_pkey set (fillfactor = 60);
