// What the account used, what it cost, and how well it went, in a period.
import { ChartNoAxesColumn } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useQuery } from 'urql';

import '../styles/runs.css';
import '../styles/knowledge.css';
import { useStrings } from '../strings';
import { Select } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Loaded } from '../ui/Loaded';
import { Card, Page } from '../ui/Page';
import { Empty } from '../ui/Status';
import { Budgets } from './Budgets';
import { daysOf, rangeOf } from './days';
import { UsageOfDocument, type UsageOfQuery } from './operations.generated';
import { AgentTable, HandoffTable, ModelTable, Routing } from './tables';
import { TokenChart } from './TokenChart';

const RANGES = [1, 7, 30, 90] as const;
type Days = (typeof RANGES)[number];

export default function UsagePage() {
  const t = useStrings();
  const [days, setDays] = useState<Days>(30);
  const range = useMemo(() => rangeOf(days, Date.now()), [days]);
  const [result, execute] = useQuery({ query: UsageOfDocument, variables: { range } });
  const choice = (
    <Select
      isCompact
      label={t.usage.range}
      value={String(days)}
      onChange={(id) => setDays(RANGES.find((one) => String(one) === id) ?? 30)}
      options={RANGES.map((one) => ({ id: String(one), name: t.usage.ranges[one] }))}
    />
  );
  return (
    <Page title={t.usage.title} intro={t.usage.intro} actions={choice} isWide>
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {(data) => <Report data={data} range={range} />}
      </Loaded>
    </Page>
  );
}

function Report({ data, range }: { readonly data: UsageOfQuery; readonly range: { from: string; to: string } }) {
  const t = useStrings();
  const { total, models, analytics } = data;
  const { agents, handoffs, routing } = analytics;
  const isEmpty = total.rows.length === 0 && agents.length === 0;
  return (
    <div className="stack">
      <Figures data={data} />
      {isEmpty ? (
        <Empty icon={ChartNoAxesColumn} title={t.usage.none}>
          {t.usage.noneText}
        </Empty>
      ) : (
        <>
          <Card title={t.usage.perDay}>
            <TokenChart days={daysOf(total.rows, range.from, range.to)} />
          </Card>
          <Card title={t.usage.byAgent}>
            <AgentTable agents={agents} />
          </Card>
          <Card title={t.usage.byModel}>
            <ModelTable rows={models.rows} />
          </Card>
          <Card title={t.usage.routing}>
            <Routing routing={routing} />
          </Card>
          <Card title={t.usage.handoffs}>
            <HandoffTable handoffs={handoffs} />
          </Card>
        </>
      )}
      <Card title={t.usage.budgets}>
        <Budgets />
      </Card>
    </div>
  );
}

function Figures({ data: { total, analytics } }: { readonly data: UsageOfQuery }) {
  const t = useStrings();
  const format = useFormat();
  const { inputTokens, outputTokens, costUsd } = total.total;
  const runs = analytics.agents.reduce((sum, agent) => sum + agent.runs, 0);
  const failed = analytics.agents.reduce((sum, agent) => sum + agent.failed, 0);
  const figures: [string, string][] = [
    [t.usage.runs, format.number(runs)],
    [t.usage.failureRate, runs === 0 ? '–' : format.percent(failed / runs)],
    [t.usage.tokens, format.compact(inputTokens + outputTokens)],
    [t.usage.cost, format.usd(costUsd)],
  ];
  return (
    <dl className="figures-row">
      {figures.map(([name, value]) => (
        <div className="figure" key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
