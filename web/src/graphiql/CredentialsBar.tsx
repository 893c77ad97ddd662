// The API key, who it belongs to, and the account an operator acts in: a line beside GraphiQL's tabs.
import { useState } from 'react';

import type { Credentials } from '../credentials/credentials';
import { Field } from './Field';
import { useViewer } from './viewer';

interface Props {
  credentials: Credentials;
  onChange(credentials: Credentials): void;
}

export function CredentialsBar({ credentials, onChange }: Props) {
  const viewer = useViewer(credentials);
  const [actsElsewhere, setActsElsewhere] = useState(credentials.accountId !== '');
  const toggle = () => {
    if (actsElsewhere && credentials.accountId) onChange({ ...credentials, accountId: '' });
    setActsElsewhere(!actsElsewhere);
  };
  return (
    <div className="credentials">
      <a href="/console">Console</a>
      <span className={`viewer ${viewer.state}`} role="status" title={viewer.text}>
        {viewer.text}
      </span>
      <Field
        label="API key"
        type="password"
        value={credentials.apiKey}
        placeholder="paste a key"
        onCommit={(apiKey) => onChange({ ...credentials, apiKey })}
      />
      {actsElsewhere && (
        <Field
          label="Act in account"
          type="text"
          value={credentials.accountId}
          placeholder="account_…"
          onCommit={(accountId) => onChange({ ...credentials, accountId })}
        />
      )}
      <button type="button" onClick={toggle} title={actsElsewhere ? 'Act in the key’s own account' : 'For operators: act in another account'}>
        {actsElsewhere ? '×' : 'Act in…'}
      </button>
    </div>
  );
}
