// The figures of a trial, side by side, with the limits that end it.
import type { Format } from '../ui/format';
import type { TrialFigures } from './trial-input';

export type FigureName = 'runs' | 'failed' | 'firstToken' | 'firstTokenMedian' | 'duration' | 'toolCalls' | 'satisfaction' | 'tokens' | 'cost';

export interface FigureRow {
  readonly name: FigureName;
  readonly stable: string;
  readonly candidate: string;
  readonly limit: { readonly kind: 'atMost' | 'atLeast'; readonly text: string; readonly isExceeded: boolean } | null;
}

export interface Limits {
  readonly maxErrorRate: number | null;
  readonly minSatisfaction: number | null;
  readonly maxFirstTokenMs: number | null;
}

const NOTHING = '–';

export function figureRows(stable: TrialFigures, candidate: TrialFigures, limits: Limits, format: Format): readonly FigureRow[] {
  const row = (name: FigureName, shown: (figures: TrialFigures) => string, limit: FigureRow['limit'] = null): FigureRow => ({
    name,
    stable: shown(stable),
    candidate: shown(candidate),
    limit,
  });
  const { maxErrorRate, minSatisfaction, maxFirstTokenMs } = limits;
  const failed = failedShare(candidate);
  return [
    row('runs', ({ runs }) => format.number(runs)),
    row(
      'failed',
      (figures) => {
        const share = failedShare(figures);
        return share === null ? NOTHING : `${format.percent(share)} (${format.number(figures.failed)})`;
      },
      maxErrorRate === null ? null : { kind: 'atMost', text: format.percent(maxErrorRate), isExceeded: failed !== null && failed > maxErrorRate },
    ),
    row('firstTokenMedian', ({ firstTokenP50Ms }) => format.duration(firstTokenP50Ms)),
    row(
      'firstToken',
      ({ firstTokenP95Ms }) => format.duration(firstTokenP95Ms),
      maxFirstTokenMs === null ? null : { kind: 'atMost', text: format.duration(maxFirstTokenMs), isExceeded: (candidate.firstTokenP95Ms ?? 0) > maxFirstTokenMs },
    ),
    row('duration', ({ durationP95Ms }) => format.duration(durationP95Ms)),
    row('toolCalls', ({ toolCalls, toolFailures }) => `${format.number(toolCalls)} (${format.number(toolFailures)})`),
    row(
      'satisfaction',
      ({ satisfaction }) => (satisfaction === null ? NOTHING : format.percent(satisfaction)),
      minSatisfaction === null
        ? null
        : { kind: 'atLeast', text: format.percent(minSatisfaction), isExceeded: candidate.satisfaction !== null && candidate.satisfaction < minSatisfaction },
    ),
    row('tokens', ({ runs, usage }) => (runs === 0 ? NOTHING : format.number(Math.round((usage.inputTokens + usage.outputTokens) / runs)))),
    row('cost', ({ runs, usage }) => (runs === 0 ? NOTHING : format.usd(usage.costUsd / runs))),
  ];
}

function failedShare({ runs, failed }: TrialFigures): number | null {
  return runs === 0 ? null : failed / runs;
}
