// The tables of the report.
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Facts } from '../ui/Page';
import { Table } from '../ui/Table';
import type { UsageOfQuery } from './operations.generated';

type Analytics = UsageOfQuery['analytics'];

export function AgentTable({ agents }: { readonly agents: Analytics['agents'] }) {
  const t = useStrings();
  const format = useFormat();
  const head = [t.usage.agent, t.usage.runs, t.usage.failed, t.usage.firstToken, t.usage.duration, t.usage.toolCalls, t.usage.satisfaction, t.usage.tokens, t.usage.cost];
  return (
    <Table label={t.usage.byAgent} head={head} numeric={[1, 2, 3, 4, 5, 6, 7, 8]}>
      {agents.map(({ agent, runs, failed, failures, firstTokenP50Ms, firstTokenP95Ms, durationP50Ms, durationP95Ms, toolCalls, toolFailures, satisfaction, usage }) => (
        <tr key={agent.id}>
          <td>
            <Link href={`/console/agents/${agent.slug}`}>{agent.name}</Link>
          </td>
          <td className="numeric">{format.number(runs)}</td>
          <td className="numeric">
            {format.number(failed)}
            {failures.map(({ code, count }) => (
              <div className="fine" key={code}>
                {code}: {count}
              </div>
            ))}
          </td>
          <td className="numeric">
            {format.duration(firstTokenP50Ms)}
            {firstTokenP95Ms !== null && <div className="fine">{t.usage.within(format.duration(firstTokenP95Ms))}</div>}
          </td>
          <td className="numeric">
            {format.duration(durationP50Ms)}
            {durationP95Ms !== null && <div className="fine">{t.usage.within(format.duration(durationP95Ms))}</div>}
          </td>
          <td className="numeric">
            {format.number(toolCalls)}
            {toolFailures > 0 && (
              <div className="fine">
                {format.number(toolFailures)} {t.usage.toolFailures}
              </div>
            )}
          </td>
          <td className="numeric">{satisfaction === null ? '–' : format.percent(satisfaction)}</td>
          <td className="numeric">{format.number(usage.inputTokens + usage.outputTokens)}</td>
          <td className="numeric">{format.usd(usage.costUsd)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function ModelTable({ rows }: { readonly rows: UsageOfQuery['models']['rows'] }) {
  const t = useStrings();
  const format = useFormat();
  return (
    <Table label={t.usage.byModel} head={[t.usage.model, t.usage.runs, t.usage.input, t.usage.output, t.usage.cost]} numeric={[1, 2, 3, 4]}>
      {rows.map(({ key, runs, usage }) => (
        <tr key={key}>
          <td>
            <code>{key || t.usage.unknownModel}</code>
          </td>
          <td className="numeric">{format.number(runs)}</td>
          <td className="numeric">{format.number(usage.inputTokens)}</td>
          <td className="numeric">{format.number(usage.outputTokens)}</td>
          <td className="numeric">{format.usd(usage.costUsd)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function HandoffTable({ handoffs }: { readonly handoffs: Analytics['handoffs'] }) {
  const t = useStrings();
  const format = useFormat();
  if (handoffs.length === 0) return <p className="muted">{t.usage.handoffsNone}</p>;
  return (
    <Table label={t.usage.handoffs} head={[t.usage.from, t.usage.to, t.usage.count, t.usage.resolved]} numeric={[2, 3]}>
      {handoffs.map(({ from, to, count, resolved }) => (
        <tr key={`${from.id} ${to.id}`}>
          <td>{from.name}</td>
          <td>{to.name}</td>
          <td className="numeric">{format.number(count)}</td>
          <td className="numeric">{format.number(resolved)}</td>
        </tr>
      ))}
    </Table>
  );
}

export function Routing({ routing }: { readonly routing: Analytics['routing'] }) {
  const t = useStrings();
  const format = useFormat();
  const reasons = Object.entries(routing.byReason as Record<string, number>).filter((entry): entry is [keyof typeof t.route.reasons, number] => entry[0] in t.route.reasons);
  return (
    <Facts
      facts={[
        [t.usage.decisions, format.number(routing.decisions)],
        ...reasons.map(([reason, count]): [string, string] => [t.route.reasons[reason], format.number(count)]),
        [t.usage.refused, format.number(routing.refused)],
        [t.usage.corrected, format.number(routing.correctedByUser)],
      ]}
    />
  );
}
