// The steps of a run on a line of time.
import { Link } from 'wouter';

import { CALL_KINDS } from '../chat/ToolCard';
import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Badge } from '../ui/Status';
import type { Run } from './RunPage';
import { spanOf, type Step, stepsOf } from './timeline';

export function Timeline({ run }: { readonly run: Run }) {
  const format = useFormat();
  const steps = stepsOf(run);
  const span = spanOf(steps);
  return (
    <ol className="timeline">
      {steps.map((step, index) => (
        <li key={index} data-kind={step.kind}>
          <span className="numeric">{format.duration(step.at)}</span>
          <svg className="track" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden>
            <rect x={(step.at / span) * 98} y="2" width={Math.max(1.2, ((step.durationMs ?? 0) / span) * 98)} height="6" rx="1" />
          </svg>
          <StepText step={step} run={run} />
        </li>
      ))}
    </ol>
  );
}

function StepText({ step, run }: { readonly step: Step; readonly run: Run }) {
  const t = useStrings();
  const format = useFormat();
  const words = t.runs.steps;
  switch (step.kind) {
    case 'created':
      return <span>{words.created}</span>;
    case 'started':
      return <span>{words.started}</span>;
    case 'routed':
      return (
        <span>
          {words.routed(run.route?.agent.name ?? '')}
          {run.message && run.message.sources.length > 0 && <small> · {words.knowledge(run.message.sources.length)}</small>}
        </span>
      );
    case 'firstToken':
      return <span>{words.firstToken}</span>;
    case 'ended':
      return <span>{run.status === 'FAILED' ? words.failed : run.status === 'CANCELLED' ? words.cancelled : words.succeeded}</span>;
    case 'tool':
      return <ToolStep id={step.call?.id ?? ''} run={run} duration={format.duration(step.durationMs)} />;
  }
}

function ToolStep({ id, run, duration }: { readonly id: string; readonly run: Run; readonly duration: string }) {
  const t = useStrings();
  const call = run.toolCalls.find((one) => one.id === id);
  if (!call) return null;
  return (
    <details>
      <summary>
        <code>{call.tool}</code> <Badge kind={CALL_KINDS[call.status]}>{t.tools.call[call.status]}</Badge> <small>{duration}</small>
      </summary>
      <h4>{t.tools.arguments}</h4>
      <pre className="json" tabIndex={0}>
        {JSON.stringify(call.arguments, null, 2)}
      </pre>
      {call.error && (
        <p className="problem">
          {call.error} <Link href="/console/tools">{t.nav.tools}</Link>
        </p>
      )}
      {call.result !== null && call.result !== undefined && (
        <>
          <h4>{t.tools.result}</h4>
          <pre className="json" tabIndex={0}>
            {typeof call.result === 'string' ? call.result : JSON.stringify(call.result, null, 2)}
          </pre>
        </>
      )}
    </details>
  );
}
