// The steps of a run in time: when each began, and how long it took where that is known.

/** What a timeline needs of a run. */
export interface TimedRun {
  readonly status: string;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly route: { readonly agent: { readonly name: string } } | null;
  readonly message: { readonly sources: readonly unknown[] } | null;
  readonly toolCalls: readonly TimedCall[];
  readonly usage: { readonly firstTokenMs: number | null };
}

export interface TimedCall {
  readonly id: string;
  readonly tool: string;
  readonly status: string;
  readonly requestedAt: string;
  readonly durationMs: number | null;
}

export type StepKind = 'created' | 'started' | 'routed' | 'firstToken' | 'tool' | 'ended';

export interface Step {
  readonly kind: StepKind;
  /** Milliseconds after the message was taken. */
  readonly at: number;
  readonly durationMs: number | null;
  readonly call?: TimedCall;
}

export function stepsOf(run: TimedRun): readonly Step[] {
  const zero = Date.parse(run.createdAt);
  const after = (at: string) => Math.max(0, Date.parse(at) - zero);
  const steps: Step[] = [{ kind: 'created', at: 0, durationMs: null }];
  if (run.startedAt) {
    const at = after(run.startedAt);
    steps.push({ kind: 'started', at, durationMs: null });
    if (run.route) steps.push({ kind: 'routed', at, durationMs: null });
    if (run.usage.firstTokenMs !== null) steps.push({ kind: 'firstToken', at: at + run.usage.firstTokenMs, durationMs: null });
  }
  for (const call of run.toolCalls) steps.push({ kind: 'tool', at: after(call.requestedAt), durationMs: call.durationMs, call });
  if (run.finishedAt) steps.push({ kind: 'ended', at: after(run.finishedAt), durationMs: null });
  return steps.sort((one, other) => one.at - other.at || ORDER[one.kind] - ORDER[other.kind]);
}

const ORDER: Readonly<Record<StepKind, number>> = { created: 0, started: 1, routed: 2, tool: 3, firstToken: 4, ended: 5 };

/** The whole time of the steps, at least a millisecond. */
export function spanOf(steps: readonly Step[]): number {
  return Math.max(1, ...steps.map(({ at, durationMs }) => at + (durationMs ?? 0)));
}
