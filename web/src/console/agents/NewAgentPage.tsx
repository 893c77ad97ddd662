// A new agent: a template, a name, and the settings of the template as a form.
import { ArrowLeft } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import { Link, useLocation } from 'wouter';

import '../styles/agents.css';
import { useStrings } from '../strings';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Checkbox, Select, TextField } from '../ui/Fields';
import { Page } from '../ui/Page';
import { ErrorNote, Skeleton } from '../ui/Status';
import { CreateAgentDocument } from './operations.generated';
import { useInvalid } from './invalid';
import { focusFirstProblem, formProblems } from './problems';
import { labelOf, type Schema, type Settings } from './schema';
import { SchemaFields, SchemaFormContext } from './SchemaFields';
import { type Template, useTemplates } from './templates';

export default function NewAgentPage() {
  const t = useStrings();
  const { templates, error, reload } = useTemplates();
  const back = (
    <Link href="/console/agents">
      <ArrowLeft aria-hidden size={14} />
      {t.agents.back}
    </Link>
  );
  return (
    <Page title={t.agents.creating} intro={t.agents.createIntro} back={back}>
      {error && <ErrorNote error={error} onRetry={reload} />}
      {templates ? <Creation templates={templates} /> : !error && <Skeleton lines={5} />}
    </Page>
  );
}

function Creation({ templates }: { readonly templates: readonly Template[] }) {
  const t = useStrings();
  const [, navigate] = useLocation();
  const [template, setTemplate] = useState<Template | undefined>(templates[0]);
  const [tier, setTier] = useState(templates[0]?.pricingTiers[0]?.name ?? '');
  const [name, setName] = useState('');
  const [slug, setSlug] = useState('');
  const [activate, setActivate] = useState(true);
  const [configuration, setConfiguration] = useState<Settings>({});
  const { run, isPending, error } = useAction(CreateAgentDocument, {
    changes: ['Agent'],
    done: ({ createAgent }) => t.agents.created2(createAgent.agent.name),
    isQuiet: true,
  });
  const { isAny: isInvalid, report } = useInvalid();
  const problems = formProblems(error);
  const choose = (wanted: string) => {
    const chosen = templates.find(({ id }) => id === wanted);
    setTemplate(chosen);
    setTier(chosen?.pricingTiers[0]?.name ?? '');
    setConfiguration({});
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!template) return;
    if (isInvalid) return focusFirstProblem();
    const data = await run({ input: { template: template.name, templateVersion: template.version, tier, name, slug: slug || null, configuration, activate } });
    if (data) navigate(`/console/agents/${data.createAgent.agent.slug}`);
    else focusFirstProblem();
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <RadioGroup className="field" value={template?.id ?? null} onChange={choose}>
        <Label className="label">{t.agents.template}</Label>
        <p className="description">{t.agents.templateHint}</p>
        <div className="templates">
          {templates.map((one) => (
            <Radio key={one.id} value={one.id} className="template">
              <b>{labelOf(one.name)}</b>
              <small>{one.description}</small>
            </Radio>
          ))}
        </div>
      </RadioGroup>
      <div className="form-row">
        <TextField label={t.agents.name} description={t.agents.nameHint} value={name} onChange={setName} problem={problems.input.get('name')} maxLength={120} isRequired />
        <TextField label={t.agents.slug} description={t.agents.slugHint} value={slug} onChange={setSlug} problem={problems.input.get('slug')} maxLength={120} />
        <Select
          label={t.agents.tier}
          value={tier}
          onChange={setTier}
          options={(template?.pricingTiers ?? []).map((one) => ({ id: one.name, name: one.name }))}
          problem={problems.input.get('tier')}
        />
      </div>
      <Checkbox value={activate} onChange={setActivate}>
        {t.agents.startActive}
      </Checkbox>
      {template && (
        <SchemaFormContext.Provider value={{ problems: problems.settings, inherited: new Map(), isDisabled: false, report }}>
          <SchemaFields key={template.id} schema={template.configSchema as Schema} path="" value={configuration} onChange={setConfiguration} />
        </SchemaFormContext.Provider>
      )}
      {error && <ErrorNote error={problems.isAny ? new Error(t.schemaForm.problems) : error} />}
      <div className="form-foot">
        <Button kind="primary" type="submit" isPending={isPending} isDisabled={!template || name.trim() === ''}>
          {t.agents.create}
        </Button>
      </div>
    </form>
  );
}
