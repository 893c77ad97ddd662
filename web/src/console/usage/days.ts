// The days of a period with what was used on each, also those on which nothing was.

export interface Day {
  readonly day: string;
  readonly input: number;
  readonly output: number;
}

interface Row {
  readonly key: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

const DAY_MS = 86_400_000;

/** `from` and `to` are moments; the days are those of UTC, as the report counts them. */
export function daysOf(rows: readonly Row[], from: string, to: string): readonly Day[] {
  const byDay = new Map(rows.map(({ key, usage }) => [key, usage]));
  const days: Day[] = [];
  for (let at = Date.parse(`${from.slice(0, 10)}T00:00:00Z`); at <= Date.parse(to); at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    const usage = byDay.get(day);
    days.push({ day, input: usage?.inputTokens ?? 0, output: usage?.outputTokens ?? 0 });
  }
  return days;
}

/** The last days, up to the end of the hour, so that the period stays the same while a page is looked at. */
export function rangeOf(days: number, now: number): { from: string; to: string } {
  const to = Math.ceil(now / 3_600_000) * 3_600_000;
  return { from: new Date(to - days * DAY_MS).toISOString(), to: new Date(to).toISOString() };
}
