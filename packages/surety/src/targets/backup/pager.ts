import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { BlindError } from '../../core/error.ts';
import type { Firing } from './rule-trial.ts';

/** What became of an alert that was sent to Alertmanager. `receivers`: those that it is routed to. */
export type Paged = {
  readonly receivers: readonly string[];
  readonly delivered: boolean;
  readonly failures: number;
};

const alerts = z.array(z.looseObject({ receivers: z.array(z.looseObject({ name: z.string() })) }));
const rules = z.looseObject({
  data: z.looseObject({
    groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ name: z.string() })) })),
  }),
});

const minute = 60_000;

/** Names of the alerts that a Prometheus evaluates. @throws {BlindError} */
export async function rulesOf(prometheus: string, signal: AbortSignal): Promise<readonly string[]> {
  const { data } = rules.parse(
    JSON.parse(await ask(new URL('/api/v1/rules?type=alert', prometheus), signal)),
  );
  return data.groups.flatMap((group) => group.rules.map(({ name }) => name));
}

/**
 * Sends an alert as Prometheus would, marked as a probe, and waits until Alertmanager has notified somebody of it.
 *
 * @param patience milliseconds
 * @throws {BlindError}
 */
export async function page(
  receiver: string,
  labels: Firing,
  signal: AbortSignal,
  patience = 2 * minute,
): Promise<Paged> {
  const probe = `surety-${randomBytes(6).toString('hex')}`;
  const before = await notified(receiver, signal);
  const startsAt = new Date();
  await ask(new URL('/api/v2/alerts', receiver), signal, [
    {
      labels: { ...labels, probe },
      annotations: { summary: 'a probe by surety: nothing is wrong with the backups' },
      startsAt: startsAt.toISOString(),
      endsAt: new Date(startsAt.getTime() + patience + minute).toISOString(),
    },
  ]);
  const until = startsAt.getTime() + patience;
  for (;;) {
    const now = await notified(receiver, signal);
    const found = alerts.parse(
      JSON.parse(
        await ask(
          new URL(`/api/v2/alerts?filter=${encodeURIComponent(`probe="${probe}"`)}`, receiver),
          signal,
        ),
      ),
    );
    const receivers = found.flatMap((one) => one.receivers.map(({ name }) => name));
    const failures = now.failed - before.failed;
    const delivered = now.sent - before.sent > failures;
    const nowhere = found.length > 0 && receivers.length === 0;
    if (delivered || failures > 0 || nowhere || Date.now() > until) return { receivers, delivered, failures };
    await wait(500, undefined, { signal });
  }
}

async function notified(
  receiver: string,
  signal: AbortSignal,
): Promise<{ readonly sent: number; readonly failed: number }> {
  const text = await ask(new URL('/metrics', receiver), signal);
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
      (all, [, value]) => all + Number(value),
      0,
    );
  return {
    sent: sum('alertmanager_notifications_total'),
    failed: sum('alertmanager_notifications_failed_total'),
  };
}

async function ask(url: URL, signal: AbortSignal, body?: unknown): Promise<string> {
  const answer = await request(url, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
    signal,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  }).catch((cause: unknown) => {
    throw new BlindError(
      'alerts/unreachable',
      `${url.origin} does not answer`,
      'start it, or mend alerts of the target',
      {
        cause,
      },
    );
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) {
    throw new BlindError(
      'alerts/refused',
      `${url.origin}${url.pathname} answered ${answer.statusCode}`,
      'mend alerts of the target',
    );
  }
  return text;
}
