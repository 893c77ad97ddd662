// The budgets of the account: set here, and followed while answers spend them.
import { type FormEvent, useState } from 'react';
import { useQuery } from 'urql';

import '../styles/agents.css';
import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Select, TextField } from '../ui/Fields';
import { Loaded } from '../ui/Loaded';
import { isWrong, numberOf } from '../ui/number';
import { Dialog } from '../ui/Overlays';
import { Card } from '../ui/Page';
import { usePolling } from '../ui/polling';
import { useFieldProblems } from '../ui/problems';
import { Badge, ErrorNote } from '../ui/Status';
import { Bounds } from './Bounds';
import { type BoundsFragment, type BudgetEnforcement, BudgetsDocument, SetBudgetsDocument } from './operations.generated';

/** What is spent has no subscription. */
const AGAIN_MS = 2_000;

export function Budgets() {
  const t = useMoreStrings();
  const isOwner = useIsAtLeast('OWNER');
  const [isEditing, setIsEditing] = useState(false);
  const [result, execute] = useQuery({ query: BudgetsDocument });
  const read = () => execute({ requestPolicy: 'network-only' });
  usePolling(read, result.error ? null : AGAIN_MS);
  const actions = (
    <>
      <Badge kind="info">{t.budgets.live}</Badge>
      {isOwner && (
        <Button size="s" onPress={() => setIsEditing(true)}>
          {t.budgets.edit}
        </Button>
      )}
    </>
  );
  return (
    <Card title={t.budgets.title} actions={actions}>
      <p className="description">{t.budgets.intro}</p>
      {!isOwner && <p className="description">{t.budgets.ownerOnly}</p>}
      <Loaded result={result} onRetry={read}>
        {({ account }) =>
          account && (
            <>
              <Bounds bounds={account.billing} />
              {isEditing && <Edit bounds={account.billing} onClose={() => setIsEditing(false)} />}
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

const EFFECTS: readonly BudgetEnforcement[] = ['WARN', 'BLOCK'];

function Edit({ bounds, onClose }: { readonly bounds: BoundsFragment; readonly onClose: () => void }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [tokens, setTokens] = useState(bounds.monthlyTokenBudget === null ? '' : String(bounds.monthlyTokenBudget));
  const [usd, setUsd] = useState(bounds.monthlyCostBudgetUsd === null ? '' : String(bounds.monthlyCostBudgetUsd));
  const [enforcement, setEnforcement] = useState(bounds.enforcement);
  const save = useAction(SetBudgetsDocument, { changes: ['Account'], done: t.budgets.saved, isQuiet: true });
  const input = { monthlyTokenBudget: numberOf(tokens), monthlyCostBudgetUsd: numberOf(usd), enforcement };
  const wrong = (['monthlyTokenBudget', 'monthlyCostBudgetUsd'] as const).filter((name) => isWrong(input[name]));
  const problems = useFieldProblems(save.error, wrong);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (wrong.length === 0 && (await save.run({ input }))) onClose();
  };
  return (
    <Dialog title={t.budgets.edit} isOpen onClose={onClose} size="s" isPending={save.isPending}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TextField label={t.budgets.tokens} description={t.budgets.empty} value={tokens} onChange={setTokens} problem={problems.of('monthlyTokenBudget')} inputMode="numeric" autoFocus />
        <TextField label={t.budgets.cost} description={t.budgets.empty} value={usd} onChange={setUsd} problem={problems.of('monthlyCostBudgetUsd')} inputMode="decimal" />
        <Select
          label={t.budgets.enforcement}
          value={enforcement}
          onChange={(id) => setEnforcement(EFFECTS.find((effect) => effect === id) ?? enforcement)}
          options={EFFECTS.map((id) => ({ id, name: t.budgets.effects[id], hint: t.budgets.effectHints[id] }))}
          problem={problems.of('enforcement')}
        />
        {save.error && !problems.isAny && <ErrorNote error={save.error} />}
        <div className="actions">
          <Button onPress={onClose}>{s.common.cancel}</Button>
          <Button kind="primary" type="submit" isPending={save.isPending}>
            {s.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
