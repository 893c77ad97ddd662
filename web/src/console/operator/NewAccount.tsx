// A new account, and the first key of its owner, which is shown this once.
import { type FormEvent, useState } from 'react';

import '../styles/runs.css';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Overlays';
import { useFieldProblems } from '../ui/problems';
import { Secret } from '../ui/Secret';
import { ErrorNote } from '../ui/Status';
import { CreateAccountDocument } from './operations.generated';
import { NEW_TERMS, termsInput } from './terms';
import { TermsFields } from './TermsFields';

export function NewAccount({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [terms, setTerms] = useState(NEW_TERMS);
  const [isChecked, setIsChecked] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAction(CreateAccountDocument, { changes: ['Account'], done: ({ createAccount }) => t.accounts.created2(createAccount.account.name), isQuiet: true });
  const { input, wrong } = termsInput(terms);
  const problems = useFieldProblems(create.error, isChecked ? wrong : []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setIsChecked(true);
    if (wrong.length > 0) return;
    const data = await create.run({ input });
    if (!data) return;
    setSecret(data.createAccount.ownerKey);
    onDone();
  };
  if (secret) return <Secret title={t.accounts.ownerKeyTitle} text={t.accounts.ownerKeyText} secret={secret} onClose={onClose} />;
  return (
    <Dialog title={t.accounts.createTitle} isOpen onClose={onClose} size="s" isPending={create.isPending}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TermsFields terms={terms} onTerms={setTerms} problem={problems.of} />
        {create.error && !problems.isAny && <ErrorNote error={create.error} />}
        <div className="actions">
          <Button onPress={onClose} isDisabled={create.isPending}>
            {s.common.cancel}
          </Button>
          <Button kind="primary" type="submit" isPending={create.isPending} isDisabled={!terms.name.trim()}>
            {t.accounts.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
