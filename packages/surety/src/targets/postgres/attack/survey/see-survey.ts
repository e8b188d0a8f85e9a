import type { See } from '../../../../core/see.ts';
import type { Seen } from './beyond.ts';
import { seeTrespasses } from './see-trespass.ts';
import type { Survey } from './survey.ts';

const hint = 'surety plan tenancy/isolated';
const method = 'attack';

/** Writes down what depends on who asks, or on what was asked before. */
export function seeSurvey(survey: Survey, see: See): void {
  if (survey.tables.size === 0) {
    see.note('each kind of tenant reads every table', 'the role may read none that has rows');
    return;
  }
  seeTenants(survey, see);
  seePromotions(survey, see);
  seeShadows(survey, see);
  seePlans(survey, see);
  seeTrespasses(survey.trespasses, see);
  noteContext(survey, see);
  noteRevocation(see);
}

function nameOf({ tables }: Survey, oid: number): string {
  return tables.get(oid) ?? String(oid);
}

function seeTenants(survey: Survey, see: See): void {
  const { beyond, failed, tenants } = survey.everyTenant;
  see.must('each kind of tenant reads every table', beyond.size === 0, {
    method,
    want: 'no rows beyond its own',
    got:
      beyond.size === 0
        ? `no rows beyond its own, as ${survey.tenants} tenants in ${survey.tables.size - failed.size} tables`
        : `more in ${beyond.size} of ${survey.tables.size} tables`,
  });
  for (const [oid, rows] of beyond) {
    const subject = `${nameOf(survey, oid)}: some tenant reads it whole`;
    const got = `up to ${rows} rows more, as ${tenants.get(oid) ?? 0} of ${survey.tenants} tenants`;
    see.must(subject, false, { method, want: 'no rows beyond its own', got, hint });
  }
  for (const [oid, state] of failed) {
    const missing = `the server answered with ${state}`;
    see.blind(`${nameOf(survey, oid)}: some tenant reads it whole`, missing, { method });
  }
}

function seePromotions(survey: Survey, see: See): void {
  for (const what of new Set(survey.promotions.map((promotion) => promotion.what))) {
    const tries = survey.promotions.filter((promotion) => promotion.what === what);
    const subject = `${what}: a tenant writes its own, and reads every table`;
    const seen = tries.flatMap((promotion) => promotion.seen ?? []);
    if (seen.length === 0) {
      see.note(subject, `nothing written: ${[...new Set(tries.map(({ got }) => String(got)))].join(', ')}`);
      continue;
    }
    const more = moreOf(survey, seen);
    see.must(subject, more.length === 0, {
      method,
      want: 'no rows beyond its own',
      got: more.length === 0 ? 'no rows beyond its own' : `more in ${more.join(', ')}`,
      hint: `revoke insert and update on ${what} from the application’s role, or let no policy ask it`,
    });
    seeUnread(survey, seen, `read by a tenant who wrote ${what}`, see);
  }
}

function seeShadows(survey: Survey, see: See): void {
  const subject = 'temporary tables take the places of those that policies ask';
  const { shadows } = survey;
  if (typeof shadows === 'string') {
    see.note(subject, `none could be made: ${shadows}`);
    return;
  }
  const more = moreOf(survey, [shadows]);
  see.must(subject, more.length === 0, {
    method,
    want: 'no rows beyond its own',
    got: more.length === 0 ? 'no rows beyond its own' : `more in ${more.join(', ')}`,
    hint: 'alter function … set search_path = public, pg_temp, and revoke temporary on the database from public',
  });
  seeUnread(survey, [shadows], 'read beside temporary tables', see);
}

function seePlans(survey: Survey, see: See): void {
  const { stale, failed } = survey.plans;
  const names = [...stale].map((oid) => nameOf(survey, oid));
  see.must('a plan that one tenant’s session kept answers the next tenant', stale.size === 0, {
    method,
    want: 'the rows that a new plan gives',
    got:
      stale.size === 0
        ? `the rows that a new plan gives, in ${survey.tables.size - failed.size} tables`
        : `other rows in ${few(names)}`,
    hint: 'let the functions that policies call be STABLE, never IMMUTABLE',
  });
  for (const [oid, state] of failed) {
    const missing = `the server answered with ${state}`;
    see.blind(`${nameOf(survey, oid)}: a kept plan is asked again`, missing, { method });
  }
}

/** No policy can tell a tenant from somebody who says he is, or knows what is being revoked: docs/decisions/0013. */
function noteContext(survey: Survey, see: See): void {
  const names = [...survey.switched].map((oid) => nameOf(survey, oid));
  see.note(
    'a session that runs SQL of its own can name another tenant',
    names.length === 0
      ? 'in a statement of its own; one WHERE that names another midway showed no other rows in any table. Sign the tenant with @surety/guard to close it'
      : `one WHERE is enough in ${few(names)}, whose policies ask for the tenant row by row. Ask in a sub-select, and sign the tenant with @surety/guard`,
  );
}

function noteRevocation(see: See): void {
  see.note(
    'a membership that is being revoked',
    'a statement that waits for a lock goes on with the memberships of its beginning: end sessions with the membership',
  );
}

/** Tables that gave an answer before, and none this time: that they showed no more says nothing of them. */
function seeUnread(survey: Survey, seen: readonly Seen[], how: string, see: See): void {
  for (const [oid, state] of new Map(seen.flatMap(({ failed }) => [...failed])))
    see.blind(`${nameOf(survey, oid)}: ${how}`, `the server answered with ${state}`, { method });
}

function moreOf(survey: Survey, seen: readonly Seen[]): readonly string[] {
  return [...new Set(seen.flatMap(({ beyond }) => [...beyond.keys()]))].map((oid) => nameOf(survey, oid));
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 8).join(', ');
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
