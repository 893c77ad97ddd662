// A new identity provider.
import { type FormEvent, useState } from 'react';

import { focusFirstProblem } from '../agents/problems';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Checkbox, TextField } from '../ui/Fields';
import { Dialog } from '../ui/Overlays';
import { useFieldProblems } from '../ui/problems';
import { ErrorNote } from '../ui/Status';
import { ALGORITHMS, CLAIMS, type Claims, claimsInput, USUAL_ALGORITHMS } from './claims';
import { AddIdentityProviderDocument } from './operations.generated';

const FIELDS = ['name', 'issuer', 'audience', 'jwksUrl', ...CLAIMS.map(({ name }) => `claims.${name}`)];

export function AddProvider({ onClose }: { readonly onClose: () => void }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [fields, setFields] = useState({ name: '', issuer: '', audience: '', jwksUrl: '' });
  const [algorithms, setAlgorithms] = useState(USUAL_ALGORITHMS);
  const [claims, setClaims] = useState<Claims>({});
  const add = useAction(AddIdentityProviderDocument, {
    changes: ['IdentityProvider', 'Account'],
    done: ({ registerIdentityProvider }) => t.identity.added(registerIdentityProvider.identityProvider.name),
    isQuiet: true,
  });
  const problems = useFieldProblems(add.error);
  const others = problems.besides(FIELDS);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { name, issuer, audience, jwksUrl } = fields;
    const input = { name, issuer, audience, jwksUrl: jwksUrl.trim() || null, algorithms: [...algorithms], claims: claimsInput(claims) };
    if (await add.run({ input })) onClose();
    else focusFirstProblem();
  };
  const text = (field: keyof typeof fields, label: string, description?: string) => (
    <TextField
      label={label}
      description={description}
      value={fields[field]}
      onChange={(value) => setFields({ ...fields, [field]: value })}
      problem={problems.of(field)}
      isRequired={field !== 'jwksUrl'}
      autoFocus={field === 'name'}
    />
  );
  return (
    <Dialog title={t.identity.addTitle} isOpen onClose={onClose} isPending={add.isPending}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        {text('name', t.identity.name)}
        {text('issuer', t.identity.issuer, t.identity.issuerHint)}
        {text('audience', t.identity.audience, t.identity.audienceHint)}
        {text('jwksUrl', t.identity.jwks, t.identity.jwksHint)}
        <fieldset>
          <legend>{t.identity.algorithms}</legend>
          <div className="form-row">
            {ALGORITHMS.map((name) => (
              <Checkbox key={name} value={algorithms.includes(name)} onChange={(isOn) => setAlgorithms(ALGORITHMS.filter((one) => (one === name ? isOn : algorithms.includes(one))))}>
                {name}
              </Checkbox>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{t.identity.claims}</legend>
          <div className="form-row">
            {CLAIMS.map(({ name, label, hint, usual }) => (
              <TextField
                key={name}
                label={t.identity[label]}
                description={hint && t.identity[hint]}
                placeholder={usual}
                value={claims[name] ?? ''}
                onChange={(claim) => setClaims({ ...claims, [name]: claim })}
                problem={problems.of(`claims.${name}`)}
              />
            ))}
          </div>
        </fieldset>
        {add.error && (others ? <ErrorNote error={new Error(others)} /> : !problems.isAny && <ErrorNote error={add.error} />)}
        <div className="actions">
          <Button onPress={onClose}>{s.common.cancel}</Button>
          <Button kind="primary" type="submit" isPending={add.isPending} isDisabled={!fields.name.trim() || !fields.issuer.trim() || !fields.audience.trim() || algorithms.length === 0}>
            {t.identity.add}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
