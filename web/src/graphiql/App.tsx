// The GraphiQL page: the editor, the credentials beside its tabs, and the streamed answer as text.
import { GraphiQL } from 'graphiql';
import { useCallback, useEffect, useMemo, useState } from 'react';

import { AnswerSoFar } from './AnswerSoFar';
import { AnswerStore } from './answer';
import { connect } from './connection';
import { type Credentials, saveCredentials } from '../credentials/credentials';
import { CredentialsBar } from './CredentialsBar';
import type { Link } from '../credentials/link';
import tour from './tour.graphql?raw';

interface Props {
  credentials: Credentials;
  link: Link;
}

export function App({ credentials: initial, link }: Props) {
  const [credentials, setCredentials] = useState(initial);
  const [answer] = useState(() => new AnswerStore());
  // New credentials are a new connection: the old socket still speaks as whoever opened it.
  const connection = useMemo(() => connect(credentials, answer.take), [credentials, answer]);
  useEffect(() => connection.close, [connection]);
  const change = useCallback((next: Credentials) => {
    saveCredentials(next);
    setCredentials(next);
  }, []);
  return (
    <GraphiQL
      fetcher={connection.fetcher}
      defaultQuery={tour}
      initialQuery={link.query}
      // Variables that were stored for another query must not end up beside the link's.
      initialVariables={link.variables ?? (link.query === undefined ? undefined : '')}
      inputValueDeprecation
      schemaDescription
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <CredentialsBar credentials={credentials} onChange={change} />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <AnswerSoFar answer={answer} />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}
