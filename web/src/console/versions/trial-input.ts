// A trial's input as it is typed, and as it is sent.
import { isWrong, numberOf, percentText, shareOf } from '../ui/number';
import type { StartCanaryInput, TrialFiguresFragment, TrialFragment } from './operations.generated';

/** Which numbers of a version are compared. */
export type TrialFigures = TrialFiguresFragment;

/** In milliseconds, as the server has it. */
const LONGEST_FIRST_TOKEN = 600_000;

export type NumberField = 'share' | 'maxErrorRate' | 'minSatisfaction' | 'maxFirstTokenMs';

export interface TrialDraft extends Readonly<Record<NumberField, string>> {
  readonly version: string;
}

export function draftOf(version: string, trial: TrialFragment | null): TrialDraft {
  return {
    version,
    share: percentText(trial?.share ?? 0.1),
    maxErrorRate: percentText(trial?.maxErrorRate),
    minSatisfaction: percentText(trial?.minSatisfaction),
    maxFirstTokenMs: trial?.maxFirstTokenMs ? String(trial.maxFirstTokenMs) : '',
  };
}

export interface TrialInput {
  readonly input: StartCanaryInput;
  /** The fields that hold no number. */
  readonly wrong: readonly NumberField[];
  /** The fields whose number is too small or too large for the server. */
  readonly outside: readonly NumberField[];
}

/** The input of the draft, and what is wrong with it: a trial that runs is not ended for values that cannot begin. */
export function inputOf(agentId: string, draft: TrialDraft): TrialInput {
  const values = {
    share: shareOf(draft.share),
    maxErrorRate: shareOf(draft.maxErrorRate),
    minSatisfaction: shareOf(draft.minSatisfaction),
    maxFirstTokenMs: numberOf(draft.maxFirstTokenMs),
  };
  const share = values.share ?? 0;
  const names = Object.keys(values) as NumberField[];
  const wrong = names.filter((name) => isWrong(values[name]));
  const outside = names.filter((name) => !wrong.includes(name) && !isWithin(name, name === 'share' ? share : values[name]));
  return { input: { agentId, version: draft.version, ...values, share }, wrong, outside };
}

/** As the server checks it; an optional limit may be empty. */
function isWithin(name: NumberField, value: number | null): boolean {
  if (value === null) return true;
  if (name === 'maxFirstTokenMs') return Number.isInteger(value) && value >= 1 && value <= LONGEST_FIRST_TOKEN;
  return value <= 1 && (name === 'share' ? value > 0 : value >= 0);
}
