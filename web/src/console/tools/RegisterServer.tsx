// Adds an MCP server; its tools are looked at and pinned at once.
import { type FormEvent, useState } from 'react';

import { formProblems } from '../agents/problems';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { sentence } from '../ui/errors';
import { Checkbox, TextField } from '../ui/Fields';
import { Dialog } from '../ui/Overlays';
import { ErrorNote } from '../ui/Status';
import { RegisterServerDocument } from './operations.generated';

export function RegisterServer({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const t = useStrings();
  const [name, setName] = useState('');
  const [endpointUrl, setEndpointUrl] = useState('');
  const [type, setType] = useState('');
  const [token, setToken] = useState('');
  const [stateless, setStateless] = useState(false);
  const { run, isPending, error } = useAction(RegisterServerDocument, {
    changes: ['McpServer'],
    done: ({ registerMcpServer }) => t.tools.registered(registerMcpServer.mcpServer.name),
    isQuiet: true,
  });
  const { input: problems } = formProblems(error);
  const problem = (field: string) => {
    const text = problems.get(field);
    return text === undefined ? undefined : sentence(text);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const data = await run({ input: { name, endpointUrl, type: type || slugOf(name), token: token || null, stateless } });
    if (!data) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title={t.tools.register} isOpen onClose={onClose} isPending={isPending}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        <TextField label={t.tools.name} value={name} onChange={setName} problem={problem('name')} isRequired autoFocus maxLength={120} />
        <TextField label={t.tools.url} description={t.tools.urlHint} type="url" value={endpointUrl} onChange={setEndpointUrl} problem={problem('endpointUrl')} isRequired />
        <TextField label={t.tools.kind} description={t.tools.kindHint} value={type} onChange={setType} problem={problem('type')} placeholder={slugOf(name)} />
        <TextField label={t.tools.token} description={t.tools.tokenHint} type="password" autoComplete="off" value={token} onChange={setToken} problem={problem('token')} />
        <Checkbox value={stateless} onChange={setStateless}>
          {t.tools.stateless}
        </Checkbox>
        {error && problems.size === 0 && <ErrorNote error={error} />}
        <div className="actions">
          <Button onPress={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" isPending={isPending} isDisabled={!name.trim() || !endpointUrl.trim()}>
            {t.tools.register}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
}
