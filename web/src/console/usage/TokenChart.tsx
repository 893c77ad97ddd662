// The tokens of each day as bars, and as a table for those who do not see them.
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';

import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import type { Day } from './days';

export function TokenChart({ days }: { readonly days: readonly Day[] }) {
  const t = useStrings();
  const format = useFormat();
  return (
    <figure>
      <div className="chart" aria-hidden>
        <ResponsiveContainer width="100%" height="100%">
          <BarChart data={[...days]} margin={{ top: 8, right: 0, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} />
            <XAxis dataKey="day" tickFormatter={format.day} tickLine={false} axisLine={false} minTickGap={28} />
            <YAxis tickFormatter={format.compact} tickLine={false} axisLine={false} width={48} />
            <Tooltip content={ChartTip} cursor={{ fill: 'var(--hover)' }} isAnimationActive={false} />
            <Bar dataKey="input" stackId="tokens" fill="var(--accent)" isAnimationActive={false} maxBarSize={36} />
            <Bar dataKey="output" stackId="tokens" fill="var(--info)" radius={[3, 3, 0, 0]} isAnimationActive={false} maxBarSize={36} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <ul className="legend" aria-hidden>
        <li>{t.usage.input}</li>
        <li className="output">{t.usage.output}</li>
      </ul>
      <table className="visually-hidden">
        <caption>{t.usage.chart}</caption>
        <thead>
          <tr>
            <th scope="col">{t.usage.day}</th>
            <th scope="col">{t.usage.input}</th>
            <th scope="col">{t.usage.output}</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ day, input, output }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              <td>{format.number(input)}</td>
              <td>{format.number(output)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

interface TipProps {
  readonly active?: boolean;
  readonly payload?: readonly { readonly payload?: unknown }[];
}

function ChartTip({ active, payload }: TipProps) {
  const t = useStrings();
  const format = useFormat();
  const day = payload?.[0]?.payload as Day | undefined;
  if (!active || !day) return null;
  return (
    <div className="popover chart-tip">
      <b>{format.day(day.day)}</b>
      <p>
        {t.usage.input}: {format.number(day.input)}
      </p>
      <p>
        {t.usage.output}: {format.number(day.output)}
      </p>
    </div>
  );
}
