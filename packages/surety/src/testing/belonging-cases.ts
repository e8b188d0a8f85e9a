import type { Cases } from './isolation-cases.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const mySpaces = `(select space_id from user_spaces where user_id = ${mine})`;

const invitation = `alter table user_spaces add column status text not null default 'active';
  insert into user_spaces select 'b0000000-0000-4000-8000-000000000002', space_id, 'member', 'invited'
    from user_spaces where user_id = 'a0000000-0000-4000-8000-000000000001'`;
/** Every policy has the memberships from a function instead of from their table. */
const countedBy = (body: string): string =>
  `create function counted() returns setof user_spaces language sql stable security definer
     set search_path = public, pg_temp as '${body}';
   alter function counted owner to inspector;
   do $$ declare p record; begin
     for p in select polname, polrelid::regclass as of, pg_get_expr(polqual, polrelid) as q,
         pg_get_expr(polwithcheck, polrelid) as c from pg_policy
     loop
       if p.q like '%FROM user_spaces%' then execute format('alter policy %I on %s using (%s)', p.polname, p.of,
         replace(p.q, 'FROM user_spaces', 'FROM counted() user_spaces')); end if;
       if p.c like '%FROM user_spaces%' then execute format('alter policy %I on %s with check (%s)', p.polname, p.of,
         replace(p.c, 'FROM user_spaces', 'FROM counted() user_spaces')); end if;
     end loop; end $$`;

/** Memberships that do not count, and rows that name nobody. */
export const belonging: Cases = {
  lookalikes: {
    'memberships of which row security shows only those that count': {
      break: `${invitation}; drop policy own on user_spaces;
        create policy own on user_spaces for select using (user_id = ${mine} and status = 'active')`,
    },
    'memberships of which a helper gives only those that count': {
      break: `${invitation}; ${countedBy(`select * from user_spaces where user_id = tenant() and status = ''active''`)}`,
    },
    'memberships that say since when, and not until when': {
      break: `alter table user_spaces add column created_at timestamptz not null default now(),
        add column joined_at timestamptz default now()`,
    },
    'rows of nobody that lie in what is nobody’s': {
      break: `create table folders (id int primary key, space_id uuid references spaces);
        create table files (id int primary key, space_id uuid references spaces, folder_id int references folders);
        insert into folders select row_number() over (), id from spaces; insert into folders values (9, null);
        insert into files select id, space_id, id from folders; insert into files values (10, null, null);
        ${['folders', 'files']
          .map(
            (table) => `alter table ${table} enable row level security, force row level security;
              create policy see on ${table} for select using (space_id is null or space_id in ${mySpaces});`,
          )
          .join('')}
        grant select on folders, files to api, inspector`,
    },
    'tasks that may name whom they were given to, guarded by their project': {
      break: `create table projects (id int primary key, space_id uuid not null references spaces);
        create table tasks (id int primary key, project_id int not null references projects, assignee_id uuid references users,
          created_by uuid references users, title text not null);
        insert into projects select row_number() over (), id from spaces;
        insert into tasks select 10 * p.id + n, p.id, case n when 1 then m.user_id end, m.user_id, 'x' from projects p
          join lateral (select user_id from user_spaces u where u.space_id = p.space_id limit 1) m on true,
          generate_series(1, 3) n;
        alter table projects enable row level security, force row level security;
        create policy members on projects using (space_id in ${mySpaces});
        alter table tasks enable row level security, force row level security;
        create policy members on tasks using (project_id in (select id from projects where space_id in ${mySpaces}));
        grant select, insert, update, delete on projects, tasks to api; grant select on projects, tasks to inspector`,
    },
  },
  sabotages: {
    'an invitation that nobody accepted': {
      break: invitation,
      names: 'user_spaces.status: members who do not count',
    },
    'a membership that is over, by a helper that does not ask': {
      break: `alter table user_spaces add column "validUntil" timestamptz;
        insert into user_spaces select 'b0000000-0000-4000-8000-000000000002', space_id, 'member', now() - interval '1 day'
          from user_spaces where user_id = 'a0000000-0000-4000-8000-000000000001';
        ${countedBy('select * from user_spaces where user_id = tenant()')}`,
      names: 'user_spaces.validUntil: members who do not count',
    },
  },
};
