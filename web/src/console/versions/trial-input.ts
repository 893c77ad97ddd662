// A trial's input as it is typed, and as it is sent.
import { isWrong, numberOf, percentText, shareOf } from '../ui/number';
import type { StartCanaryInput, TrialFiguresFragment, TrialFragment } from './operations.generated';

/** Which numbers of a version are compared. */
export type TrialFigures = TrialFiguresFragment;

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

/** The input of the draft, and the fields that hold no number. */
export function inputOf(agentId: string, draft: TrialDraft): { input: StartCanaryInput; wrong: readonly NumberField[] } {
  const values = {
    share: shareOf(draft.share),
    maxErrorRate: shareOf(draft.maxErrorRate),
    minSatisfaction: shareOf(draft.minSatisfaction),
    maxFirstTokenMs: numberOf(draft.maxFirstTokenMs),
  };
  const wrong = (Object.keys(values) as NumberField[]).filter((name) => isWrong(values[name]));
  // the server says what is wrong with a share of nothing
  return { input: { agentId, version: draft.version, ...values, share: values.share ?? 0 }, wrong };
}
