// What a question would find in the knowledge, and how close each passage is.
import { type FormEvent, useState } from 'react';
import { useQuery } from 'urql';

import { useStrings } from '../strings';
import { Button } from '../ui/Button';
import { SearchField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Card } from '../ui/Page';
import { ErrorNote, Skeleton } from '../ui/Status';
import { SearchKnowledgeDocument } from './operations.generated';

export function SearchPanel({ agentId }: { readonly agentId: string }) {
  const t = useStrings();
  const format = useFormat();
  const [text, setText] = useState('');
  const [query, setQuery] = useState('');
  const [result, execute] = useQuery({ query: SearchKnowledgeDocument, variables: { agentId, query }, pause: query === '', requestPolicy: 'network-only' });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setQuery(text.trim());
  };
  const passages = query ? result.data?.searchKnowledge : undefined;
  return (
    <Card title={t.knowledge.searchTitle}>
      <form className="bar" onSubmit={submit} role="search">
        <SearchField label={t.knowledge.search} value={text} onChange={(next) => (setText(next), next === '' && setQuery(''))} clearLabel={t.common.clear} />
        <Button type="submit" isDisabled={text.trim() === ''}>
          {t.knowledge.find}
        </Button>
      </form>
      {result.error && query && <ErrorNote error={result.error} onRetry={execute} />}
      {result.fetching && <Skeleton lines={3} label={t.knowledge.searching} />}
      {passages && !result.fetching && (
        <>
          <p className="fine" role="status">
            {passages.length === 0 ? t.knowledge.nothing : t.knowledge.scoreText}
          </p>
          <ol className="found">
            {passages.map(({ id, document, headings, score, text }, index) => (
              <li key={id}>
                <header>
                  <span className="fine">{t.knowledge.rank(index + 1)}</span>
                  <b>{document.title}</b>
                  <span className="fine">{headings.slice(1).join(' › ')}</span>
                  <meter min={0} max={1} value={Math.max(0, Math.min(1, score))} aria-label={t.knowledge.score(format.number(score))} />
                  <span className="numeric">{format.number(score)}</span>
                </header>
                <p>{text}</p>
              </li>
            ))}
          </ol>
        </>
      )}
    </Card>
  );
}
