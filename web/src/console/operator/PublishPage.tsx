// A new version of a template: what is known of the version before is filled in.
import { ArrowLeft } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useQuery } from 'urql';

import '../styles/agents.css';
import { focusFirstProblem } from '../agents/problems';
import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Select, TextField } from '../ui/Fields';
import { Loaded } from '../ui/Loaded';
import { Page } from '../ui/Page';
import { useFieldProblems } from '../ui/problems';
import { ErrorNote } from '../ui/Status';
import { PublishTemplateDocument, TemplateToExtendDocument } from './operations.generated';
import { JSON_PARTS, publicationInput, publicationOf, type Template, type TextPart } from './publication';

export default function PublishPage() {
  const t = useMoreStrings();
  const from = new URLSearchParams(useSearch()).get('from');
  const [result, execute] = useQuery({ query: TemplateToExtendDocument, variables: { name: from ?? '' }, pause: from === null });
  const back = (
    <Link href="/console/templates">
      <ArrowLeft aria-hidden size={14} />
      {t.templates.back}
    </Link>
  );
  return (
    <Page title={t.templates.publishing} intro={from ? t.templates.publishIntro : t.templates.intro} back={back}>
      {from === null ? (
        <Publishing template={null} />
      ) : (
        <Loaded result={result} onRetry={() => execute({ requestPolicy: 'network-only' })}>
          {({ agentTemplate }) => <Publishing key={agentTemplate?.id} template={agentTemplate} />}
        </Loaded>
      )}
    </Page>
  );
}

const LATENCIES = ['INTERACTIVE', 'DEEP'] as const;
const FIELDS = ['name', 'version', 'workflow', 'description', 'systemPrompt', 'latencyClass', ...JSON_PARTS];

function Publishing({ template }: { readonly template: Template | null }) {
  const s = useStrings();
  const t = useMoreStrings();
  const [, navigate] = useLocation();
  const [publication, setPublication] = useState(() => publicationOf(template));
  const publish = useAction(PublishTemplateDocument, {
    changes: ['AgentTemplate', 'Agent'],
    done: ({ publishAgentTemplate: { template: published } }) => t.templates.published(published.name, published.version),
    isQuiet: true,
  });
  const { input, wrong } = publicationInput(publication);
  const problems = useFieldProblems(publish.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!input) return focusFirstProblem();
    if (await publish.run({ input })) navigate('/console/templates');
    else focusFirstProblem();
  };
  const text = (part: TextPart, label: string, description?: string, rows?: number) => (
    <TextField
      label={label}
      description={description}
      value={publication[part]}
      onChange={(value) => setPublication({ ...publication, [part]: value })}
      problem={problems.of(part)}
      isRequired
      {...(rows && { rows })}
    />
  );
  const names = { configSchema: t.templates.configSchema, contextSchema: t.templates.contextSchema, configuration: t.templates.configuration, pricingTiers: t.templates.pricingTiers, skills: t.templates.skillList };
  const others = problems.besides(FIELDS);
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <div className="form-row">
        {text('name', t.templates.name, t.templates.nameHint)}
        {text('version', t.templates.version, t.templates.versionHint)}
        {text('workflow', t.templates.workflow)}
        <Select
          label={t.templates.latency}
          value={publication.latencyClass}
          onChange={(id) => setPublication({ ...publication, latencyClass: LATENCIES.find((one) => one === id) ?? 'INTERACTIVE' })}
          options={LATENCIES.map((id) => ({ id, name: s.agents.latencyClass[id] }))}
        />
      </div>
      {text('description', t.templates.description, undefined, 2)}
      {text('systemPrompt', t.templates.prompt, t.templates.promptHint, 8)}
      {JSON_PARTS.map((part) => (
        <TextField
          key={part}
          label={`${names[part]} (${s.schemaForm.json})`}
          value={publication[part]}
          onChange={(value) => setPublication({ ...publication, [part]: value })}
          problem={wrong.includes(part) ? s.schemaForm.notJson : problems.of(part)}
          rows={6}
        />
      ))}
      {publish.error && (others ? <ErrorNote error={new Error(others)} /> : !problems.isAny && <ErrorNote error={publish.error} />)}
      <div className="form-foot">
        <Button kind="primary" type="submit" isPending={publish.isPending} isDisabled={!publication.name.trim() || !publication.systemPrompt.trim()}>
          {t.templates.publish}
        </Button>
      </div>
    </form>
  );
}
