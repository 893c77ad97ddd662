// The versions of a profile, and what each changed.
import { useMoreStrings } from '../strings/more';
import { Card } from '../ui/Page';
import { Time } from '../ui/Time';
import { difference } from './draft';
import type { AgentPersonaQuery } from './operations.generated';

type Versions = NonNullable<AgentPersonaQuery['agent']>['personaVersions'];

export function History({ versions }: { readonly versions: Versions }) {
  const t = useMoreStrings();
  if (versions.length < 2) return null;
  return (
    <Card title={t.persona.history}>
      <ul className="persona-history">
        {versions.slice(0, -1).map(({ version, createdAt, items }, index) => (
          <li key={version}>
            <details>
              <summary>
                <b>{t.persona.version(version)}</b> <Time at={createdAt} />
              </summary>
              <Changes {...difference(items, versions[index + 1]?.items ?? [])} />
            </details>
          </li>
        ))}
      </ul>
    </Card>
  );
}

type Item = Versions[number]['items'][number];

function Changes({ added, removed }: { readonly added: readonly Item[]; readonly removed: readonly Item[] }) {
  const t = useMoreStrings();
  if (added.length + removed.length === 0) return <p className="muted">{t.persona.same}</p>;
  return (
    <ul className="fine">
      {added.map(({ id, kind, text }) => (
        <li key={`+${id}`}>
          {t.persona.added} · {t.persona.kinds[kind]}: <ins>{text}</ins>
        </li>
      ))}
      {removed.map(({ id, kind, text }) => (
        <li key={`-${id}`}>
          {t.persona.removed} · {t.persona.kinds[kind]}: <del>{text}</del>
        </li>
      ))}
    </ul>
  );
}
