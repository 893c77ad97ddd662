// The templates of the installation: every version, which of them new agents can have, and the next one.
import { LayoutTemplate, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';

import { labelOf } from '../agents/schema';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Confirm } from '../ui/Overlays';
import { Card, Page } from '../ui/Page';
import { usePages } from '../ui/pages';
import { Badge, Empty, ErrorNote, Skeleton } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { DeprecateTemplateDocument, TemplateListDocument, type TemplateListQuery, type TemplateListQueryVariables, type TemplateRowFragment } from './operations.generated';

const templatesOf = ({ agentTemplates }: TemplateListQuery) => agentTemplates;

export default function TemplatesPage() {
  const s = useStrings();
  const t = useMoreStrings();
  const { result, items, hasMore, more, reload } = usePages<TemplateListQuery, TemplateListQueryVariables, TemplateRowFragment>(TemplateListDocument, {}, templatesOf);
  const [asking, setAsking] = useState<TemplateRowFragment | null>(null);
  const deprecate = useAction(DeprecateTemplateDocument, { changes: ['AgentTemplate'], done: t.templates.deprecatedDone });
  const publish = (
    <Link href="/console/templates/new" className="button primary m">
      <Plus aria-hidden size={16} />
      <span>{t.templates.publish}</span>
    </Link>
  );
  return (
    <Page title={t.templates.title} intro={t.templates.intro} actions={publish} isWide>
      {result.error && <ErrorNote error={result.error} onRetry={reload} />}
      {result.fetching && items.length === 0 && <Skeleton lines={6} />}
      {result.data && !result.fetching && items.length === 0 && <Empty icon={LayoutTemplate} title={t.templates.none} action={publish} />}
      <div className="stack">
        {[...byName(items)].map(([name, versions]) => (
          <Kind key={name} name={name} versions={versions} onDeprecate={setAsking} />
        ))}
      </div>
      {hasMore && (
        <div className="more">
          <Button onPress={more}>{s.common.more}</Button>
        </div>
      )}
      <Confirm
        isOpen={asking !== null}
        title={t.templates.deprecateTitle}
        text={t.templates.deprecateText(asking?.name ?? '', asking?.version ?? '')}
        action={t.templates.deprecate}
        onClose={() => setAsking(null)}
        onConfirm={() => asking && void deprecate.run({ input: { id: asking.id } }).then((data) => data && reload())}
      />
    </Page>
  );
}

/** The list is in order of publication; each kind shows its newest version first. */
function byName(templates: readonly TemplateRowFragment[]): ReadonlyMap<string, readonly TemplateRowFragment[]> {
  const names = new Map<string, TemplateRowFragment[]>();
  for (const template of templates) names.set(template.name, [template, ...(names.get(template.name) ?? [])]);
  return names;
}

interface KindProps {
  readonly name: string;
  readonly versions: readonly TemplateRowFragment[];
  readonly onDeprecate: (template: TemplateRowFragment) => void;
}

function Kind({ name, versions, onDeprecate }: KindProps) {
  const t = useMoreStrings();
  const next = <Link href={`/console/templates/new?from=${name}`}>{t.templates.publishNext}</Link>;
  return (
    <Card title={labelOf(name)} actions={next}>
      <p className="description">{versions[0]?.description}</p>
      <Table label={labelOf(name)} head={[t.templates.version, t.templates.state, t.templates.workflow, t.templates.tiers, t.templates.skills, '']}>
        {versions.map((template) => (
          <tr key={template.id}>
            <td>
              <code>{template.version}</code>
            </td>
            <td>
              {template.deprecatedAt ? (
                <>
                  <Badge kind="warn">{t.templates.deprecated}</Badge>
                  <div className="fine">
                    <Time at={template.deprecatedAt} />
                  </div>
                </>
              ) : (
                <Badge kind="good">{t.templates.current}</Badge>
              )}
            </td>
            <td>{template.workflow}</td>
            <td>{template.pricingTiers.map((tier) => tier.name).join(', ')}</td>
            <td>{template.skills.map((skill) => skill.name).join(', ')}</td>
            <td className="numeric">
              {!template.deprecatedAt && (
                <Button size="s" kind="danger" onPress={() => onDeprecate(template)} aria-label={t.templates.deprecateName(name, template.version)}>
                  {t.templates.deprecate}
                </Button>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
