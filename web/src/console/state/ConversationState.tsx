// What the agent of a conversation keeps about it: the client's own context, and the state of the agent's workflow.
import { NotebookText } from 'lucide-react';
import { type ReactNode, useEffect } from 'react';
import { useQuery } from 'urql';

import '../styles/state.css';
import { asSettings, labelOf, type Schema } from '../agents/schema';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Loaded } from '../ui/Loaded';
import { Empty } from '../ui/Status';
import { ConversationStateDocument } from './operations.generated';

interface ContextSchema extends Schema {
  readonly readOnly?: boolean;
  readonly properties?: Readonly<Record<string, ContextSchema>>;
}

interface Props {
  readonly id: string;
  /** With each number, it is read again. */
  readonly answers: number;
}

export default function ConversationState({ id, answers }: Props) {
  const t = useMoreStrings();
  const [result, execute] = useQuery({ query: ConversationStateDocument, variables: { id } });
  useEffect(() => {
    if (answers > 0) execute({ requestPolicy: 'network-only' });
  }, [answers, execute]);
  return (
    <div className="conversation-state">
      <p className="description">{t.state.intro}</p>
      <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
        {({ conversation }) => {
          if (!conversation?.agent) return <p className="muted">{t.state.noAgent}</p>;
          const { template, name } = conversation.agent;
          return (
            <>
              <p className="fine">
                {name} · {t.state.workflow(template.workflow)}
              </p>
              <Context context={asSettings(conversation.context)} schema={template.contextSchema as ContextSchema} />
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function Context({ context, schema }: { readonly context: Readonly<Record<string, unknown>>; readonly schema: ContextSchema }) {
  const t = useMoreStrings();
  const parts = Object.entries(context);
  const isKept = ([name]: [string, unknown]) => schema.properties?.[name]?.readOnly === true;
  const kept = parts.filter(isKept);
  const sent = parts.filter((part) => !isKept(part));
  if (parts.length === 0) return <Empty icon={NotebookText} title={t.state.none} />;
  return (
    <>
      {kept.length > 0 && (
        <section aria-label={t.state.kept}>
          <h3>{t.state.kept}</h3>
          <Members value={Object.fromEntries(kept)} schema={schema} />
        </section>
      )}
      {sent.length > 0 && (
        <section aria-label={t.state.sent}>
          <h3>{t.state.sent}</h3>
          <Members value={Object.fromEntries(sent)} schema={schema} />
        </section>
      )}
    </>
  );
}

/** The members of an object, each with its description where the template has one. */
function Members({ value, schema }: { readonly value: Readonly<Record<string, unknown>>; readonly schema: ContextSchema | undefined }) {
  return (
    <dl>
      {Object.entries(value).map(([name, member]) => {
        const part = schema?.properties?.[name];
        return (
          <div key={name}>
            <dt title={part?.description}>{labelOf(name)}</dt>
            <dd>
              <Value value={member} schema={part} />
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Value({ value, schema }: { readonly value: unknown; readonly schema: ContextSchema | undefined }): ReactNode {
  const s = useStrings();
  if (value === null || value === undefined || value === '') return '–';
  if (typeof value === 'boolean') return value ? s.common.yes : s.common.no;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return value.join(', ') || '–';
    return (
      <ol>
        {value.map((item, index) => (
          <li key={index}>
            <Value value={item} schema={schema?.items as ContextSchema | undefined} />
          </li>
        ))}
      </ol>
    );
  }
  if (typeof value === 'object' && Object.keys(value).length === 0) return '–';
  if (typeof value === 'object') return <Members value={value as Readonly<Record<string, unknown>>} schema={schema} />;
  return String(value);
}
