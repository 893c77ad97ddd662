// What an agent is made of, and what it can do.
import { useQuery } from 'urql';
import { Link } from 'wouter';

import { useIsAtLeast } from '../api/session';
import { useStrings } from '../strings';
import { sentence } from '../ui/errors';
import { useFormat } from '../ui/format';
import { Card, Facts } from '../ui/Page';
import { Badge, Note } from '../ui/Status';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { type AgentDetailsFragment, ToolServersDocument } from './operations.generated';

const POLICY_KINDS = { AUTO: 'good', APPROVE: 'info', DENY: 'plain' } as const;

export function Overview({ agent }: { readonly agent: AgentDetailsFragment }) {
  const t = useStrings();
  const format = useFormat();
  const isAdmin = useIsAtLeast('ADMIN');
  const { template, capabilities, vectorStore, fallback, availability, upgrade } = agent;
  const { knowledge, handoffTargets } = capabilities;
  return (
    <div className="stack">
      {availability.reasons.length > 0 && (
        <Note kind="warn">
          <b>{t.agents.whyNot}</b>
          <ul className="reasons">
            {availability.reasons.map(({ code, text }) => (
              <li key={code}>{text}</li>
            ))}
          </ul>
        </Note>
      )}
      {upgrade && (
        <Note kind="info">
          {t.agents.newer(upgrade.version)} {isAdmin && <Link href={`/console/agents/${agent.slug}/version`}>{t.agents.compare}</Link>}
        </Note>
      )}
      {isAdmin && knowledge.documentCount === 0 && (
        <Note kind="info">
          {t.knowledge.none}. {t.knowledge.noneText} <Link href={`/console/knowledge/${agent.slug}`}>{t.agents.addDocuments}</Link>
        </Note>
      )}
      <Card title={t.agents.about}>
        <Facts
          facts={[
            [t.agents.template, `${template.name} ${template.version}`],
            [t.agents.tier, agent.tier],
            [t.agents.slug, <code>{agent.slug}</code>],
            [t.agents.workflow, template.workflow],
            [t.agents.models, capabilities.models.join(', ') || t.common.none],
            [t.agents.latency, t.agents.latencyClass[capabilities.latencyClass]],
            [t.agents.vectorStore, t.agents.stores[vectorStore.kind]],
            [
              t.nav.knowledge,
              <Link href={`/console/knowledge/${agent.slug}`}>
                {t.agents.documents(knowledge.documentCount)}, {format.number(knowledge.passageCount)} {t.agents.passages}
              </Link>,
            ],
            [t.agents.fallback, fallback ? <Link href={`/console/agents/${fallback.slug}`}>{fallback.name}</Link> : t.common.none],
            [t.agents.handoffTargets, handoffTargets.map(({ name }) => name).join(', ') || t.common.none],
            [t.agents.created, <Time at={agent.createdAt} />],
            [t.agents.changed, <Time at={agent.updatedAt} />],
          ]}
        />
      </Card>
      <Card title={t.agents.skills}>
        <ul className="skills">
          {capabilities.skills.map((skill) => (
            <li key={skill.id}>
              <details>
                <summary>
                  <b>{skill.name}</b> <span className="muted">{skill.description}</span>
                </summary>
                <ul className="examples" aria-label={t.agents.examples}>
                  {skill.examples.map((example) => (
                    <li key={example}>{example}</li>
                  ))}
                </ul>
              </details>
            </li>
          ))}
        </ul>
      </Card>
      <Tools agent={agent} />
    </div>
  );
}

/** The tools that were granted, each with the reason why it is not used, and the servers of which the agent has none. */
function Tools({ agent }: { readonly agent: AgentDetailsFragment }) {
  const t = useStrings();
  const isAdmin = useIsAtLeast('ADMIN');
  const { tools } = agent.capabilities;
  const [servers] = useQuery({ query: ToolServersDocument });
  const granted = new Set(tools.map(({ server }) => server?.id));
  const others = (servers.data?.mcpServers.nodes ?? []).filter(({ id }) => !granted.has(id));
  const page = `/console/tools?agent=${agent.id}`;
  return (
    <Card title={t.agents.toolsTitle}>
      {tools.length === 0 ? (
        <p className="muted">{t.agents.noTools}</p>
      ) : (
        <Table label={t.agents.toolsTitle} head={[t.agents.tool, t.agents.server, t.agents.policy, t.agents.usable]}>
          {tools.map((tool) => (
            <tr key={`${tool.server?.id} ${tool.name}`}>
              <td>
                <code>{tool.name}</code>
                <div className="fine">{tool.description}</div>
              </td>
              <td>{tool.server && <Link href={page}>{tool.server.name}</Link>}</td>
              <td>
                <Badge kind={POLICY_KINDS[tool.policy]}>{t.agents.policies[tool.policy]}</Badge>
              </td>
              <td>{tool.available ? t.common.yes : <span className="problem">{sentence(tool.unavailableReason ?? t.common.no)}</span>}</td>
            </tr>
          ))}
        </Table>
      )}
      {others.length > 0 && (
        <p className="fine not-granted">
          {t.agents.notGranted(others.map(({ name }) => name))} {isAdmin && <Link href={page}>{t.tools.grant}</Link>}
        </p>
      )}
    </Card>
  );
}
