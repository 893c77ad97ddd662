// Numbers, times and money as people write them, in the language of the page.
import { useMemo } from 'react';
import { useLocale } from 'react-aria-components';

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export interface Format {
  number(value: number): string;
  compact(value: number): string;
  percent(share: number): string;
  usd(value: number): string;
  dateTime(at: string): string;
  time(at: Date): string;
  day(at: string): string;
  ago(at: string): string;
  duration(ms: number | null): string;
  bytes(count: number): string;
}

export function useFormat(): Format {
  const { locale } = useLocale();
  return useMemo(() => formatFor(locale), [locale]);
}

export function formatFor(locale: string): Format {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const cents = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' });
  const fine = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', maximumSignificantDigits: 2 });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const day = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    number: (value) => number.format(value),
    compact: (value) => compact.format(value),
    percent: (share) => percent.format(share),
    usd: (value) => (value !== 0 && Math.abs(value) < 0.01 ? fine : cents).format(value),
    dateTime: (at) => dateTime.format(new Date(at)),
    time: (at) => time.format(at),
    day: (at) => day.format(new Date(at)),
    ago: (at) => ago(relative, at, dateTime),
    duration: (ms) => (ms === null ? '–' : ms < 1000 ? `${number.format(ms)} ms` : `${number.format(Math.round(ms / 100) / 10)} s`),
    bytes: (count) => (count < 1024 * 1024 ? `${number.format(Math.ceil(count / 1024))} KiB` : `${number.format(Math.round((count / 1024 / 1024) * 10) / 10)} MiB`),
  };
}

function ago(relative: Intl.RelativeTimeFormat, at: string, dateTime: Intl.DateTimeFormat): string {
  const seconds = Math.round((new Date(at).getTime() - Date.now()) / 1000);
  if (Math.abs(seconds) > 7 * 86_400) return dateTime.format(new Date(at));
  for (const [unit, size] of STEPS) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return relative.format(0, 'minute');
}
