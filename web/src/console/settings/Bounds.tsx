// The budgets of an account and the ceiling of its operator, and how much of each is spent and held.
import { useMoreStrings } from '../strings/more';
import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Badge, Note } from '../ui/Status';
import { type Bound, boundsOf, forecast } from './amounts';
import type { BoundsFragment } from './operations.generated';

export function Bounds({ bounds }: { readonly bounds: BoundsFragment }) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  const shown = boundsOf(bounds);
  const { spentTokens, spentUsd, reservedTokens, enforcement } = bounds;
  const isSpent = (kind: Bound['kind']) => shown.some((bound) => bound.kind === kind && bound.left <= 0);
  return (
    <div className="bounds">
      <dl className="figures-row">
        <Figure name={t.budgets.spent} value={s.settings.tokensSpent(format.number(spentTokens))} />
        <Figure name={s.usage.cost} value={format.usd(spentUsd)} />
        <Figure name={t.budgets.held} value={s.settings.tokensSpent(format.number(reservedTokens))} />
      </dl>
      {shown.length === 0 && <p className="muted">{t.budgets.none}</p>}
      {isSpent('ceiling') && <Note kind="warn">{t.budgets.ceilingSpent}</Note>}
      {isSpent('own') && <Note kind="warn">{enforcement === 'BLOCK' ? t.budgets.spentBlocked : t.budgets.spentWarned}</Note>}
      <ul className="budgets">
        {shown.map((bound) => (
          <Meter key={`${bound.kind} ${bound.unit}`} bound={bound} enforcement={enforcement} />
        ))}
      </ul>
    </div>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="figure">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Meter({ bound, enforcement }: { readonly bound: Bound; readonly enforcement: BoundsFragment['enforcement'] }) {
  const s = useStrings();
  const t = useMoreStrings();
  const format = useFormat();
  const { kind, unit, whole, spent, held, left } = bound;
  const plain = (value: number) => (unit === 'usd' ? format.usd(value) : format.number(value));
  const shown = (value: number) => (unit === 'usd' ? format.usd(value) : s.settings.tokensSpent(format.number(value)));
  const blocks = kind === 'ceiling' || enforcement === 'BLOCK';
  const name = `${t.budgets[kind]}, ${unit === 'usd' ? s.usage.cost : s.usage.tokens}`;
  const share = (value: number) => `${whole > 0 ? Math.min(100, (value / whole) * 100) : 100}%`;
  const projected = forecast(spent, new Date());
  return (
    <li data-bound={`${kind} ${unit}`}>
      <header>
        <b>{name}</b>
        <Badge kind={blocks ? 'warn' : 'plain'}>{s.usage.enforcement[blocks ? 'BLOCK' : 'WARN']}</Badge>
      </header>
      <div
        className={`burn${left <= 0 ? ' spent' : ''}`}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={whole}
        aria-valuenow={Math.min(spent, whole)}
        aria-valuetext={t.budgets.of(plain(spent), shown(whole))}
      >
        <i style={{ width: share(spent) }} />
        <i className="held" style={{ width: share(held) }} />
      </div>
      <p className="fine">
        {t.budgets.of(plain(spent), shown(whole))}, {left >= 0 ? t.budgets.left(plain(left)) : t.budgets.over(plain(-left))}.{' '}
        {projected !== null && t.budgets.forecast(shown(projected))}
      </p>
    </li>
  );
}
