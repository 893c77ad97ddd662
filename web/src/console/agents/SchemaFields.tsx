// The fields of a form, made of a JSON Schema: each with its description, what holds without it, and what is wrong.
import { Plus, Trash2 } from 'lucide-react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

import { useStrings } from '../strings';
import { Button, IconButton } from '../ui/Button';
import { Select, TextField } from '../ui/Fields';
import { sentence } from '../ui/errors';
import type { Report } from './invalid';
import { asSettings, kindOf, labelOf, ordered, type Schema, type Settings, withValue } from './schema';

/** What the server says about the form: problems by path, and what holds where a field is empty. */
export interface FormContext {
  readonly problems: ReadonlyMap<string, string>;
  readonly inherited: ReadonlyMap<string, string>;
  readonly isDisabled: boolean;
  /** A field tells the form whether its text is no value. */
  readonly report: Report;
}

export const SchemaFormContext = createContext<FormContext>({ problems: new Map(), inherited: new Map(), isDisabled: false, report: () => {} });

interface GroupProps {
  readonly schema: Schema;
  readonly path: string;
  readonly value: Settings;
  readonly onChange: (value: Settings) => void;
}

export function SchemaFields({ schema, path, value, onChange }: GroupProps) {
  return (
    <>
      {ordered(schema).map(([name, part]) => (
        <SchemaField
          key={name}
          name={name}
          schema={part}
          path={path ? `${path}.${name}` : name}
          value={value[name]}
          onChange={(next) => onChange(withValue(value, name, next))}
          isRequired={schema.required?.includes(name) ?? false}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: Schema;
  readonly path: string;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
  readonly isRequired: boolean;
}

function SchemaField(props: FieldProps) {
  switch (kindOf(props.schema)) {
    case 'choice':
    case 'boolean':
      return <Choice {...props} />;
    case 'number':
    case 'integer':
      return <NumberField {...props} />;
    case 'text':
    case 'long':
      return <PlainText {...props} />;
    case 'group':
      return (
        <Fieldset {...props}>
          <SchemaFields schema={props.schema} path={props.path} value={asSettings(props.value)} onChange={props.onChange} />
        </Fieldset>
      );
    case 'list':
      return <List {...props} />;
    case 'json':
      return <Json {...props} />;
  }
}

function useField({ name, schema, path, isRequired }: FieldProps) {
  const t = useStrings();
  const { problems, inherited, isDisabled } = useContext(SchemaFormContext);
  const problem = problems.get(path);
  const now = inherited.get(path);
  return {
    label: labelOf(name),
    description: schema.description,
    problem: problem === undefined ? undefined : sentence(problem),
    placeholder: now === undefined ? undefined : t.schemaForm.inherited(now),
    isRequired,
    isDisabled,
  };
}

/** What is typed and is no value yet, such as "1." or "-" on the way to a number. */
function useTyped({ path }: FieldProps) {
  const { report } = useContext(SchemaFormContext);
  const [typed, setTyped] = useState<string | null>(null);
  const isInvalid = typed !== null;
  useEffect(() => {
    if (!isInvalid) return;
    report(path, true);
    return () => report(path, false);
  }, [isInvalid, path, report]);
  return [typed, setTyped] as const;
}

function PlainText(props: FieldProps) {
  const field = useField(props);
  const { schema, value, onChange } = props;
  return (
    <TextField
      {...field}
      value={typeof value === 'string' ? value : ''}
      onChange={(text) => onChange(text === '' ? undefined : text)}
      maxLength={schema.maxLength}
      {...(kindOf(schema) === 'long' && { rows: 3 })}
    />
  );
}

const KEEP = '';

function Choice(props: FieldProps) {
  const t = useStrings();
  const { placeholder, ...field } = useField(props);
  const { schema, value, onChange } = props;
  const isBoolean = schema.type === 'boolean';
  const choices = isBoolean
    ? [
        { id: 'true', name: t.schemaForm.true },
        { id: 'false', name: t.schemaForm.false },
      ]
    : (schema.enum ?? []).map((one) => ({ id: String(one), name: String(one) }));
  // a value that another version of the template allowed
  if (value !== undefined && !choices.some(({ id }) => id === String(value))) choices.unshift({ id: String(value), name: String(value) });
  const keep = { id: KEEP, name: placeholder ?? t.schemaForm.keep };
  return (
    <Select
      {...field}
      options={[keep, ...choices]}
      value={value === undefined ? KEEP : String(value)}
      onChange={(id) => onChange(id === KEEP ? undefined : isBoolean ? id === 'true' : id)}
    />
  );
}

function NumberField(props: FieldProps) {
  const t = useStrings();
  const field = useField(props);
  const { value, onChange, schema } = props;
  const [typed, setTyped] = useTyped(props);
  const text = typed ?? (typeof value === 'number' ? String(value) : '');
  const isWrong = typed !== null;
  const change = (next: string) => {
    const number = Number(next.replace(',', '.'));
    const isNumber = next.trim() !== '' && Number.isFinite(number);
    setTyped(next === '' || isNumber ? null : next);
    if (next === '') onChange(undefined);
    else if (isNumber) onChange(number);
  };
  return (
    <TextField
      {...field}
      problem={isWrong ? t.schemaForm.notNumber : field.problem}
      value={text}
      onChange={change}
      inputMode={schema.type === 'integer' ? 'numeric' : 'decimal'}
    />
  );
}

function Fieldset({ children, ...props }: FieldProps & { readonly children: ReactNode }) {
  const { label, description, problem } = useField(props);
  return (
    <fieldset>
      <legend>{label}</legend>
      {description && <p className="description">{description}</p>}
      {problem && <p className="problem">{problem}</p>}
      {children}
    </fieldset>
  );
}

function List(props: FieldProps) {
  const t = useStrings();
  const { isDisabled } = useContext(SchemaFormContext);
  const { schema, path, value, onChange, name } = props;
  // what is typed in an entry must not go over to the next when one is removed
  const [round, setRound] = useState(0);
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  const itemSchema = schema.items ?? {};
  const isGroup = kindOf(itemSchema) === 'group';
  const isFull = schema.maxItems !== undefined && items.length >= schema.maxItems;
  return (
    <Fieldset {...props}>
      <div className="list-field">
        {items.map((item, index) => (
          <div className="entry" key={`${round}.${index}`}>
            <SchemaField
              name={t.schemaForm.entry(index + 1)}
              schema={{ ...itemSchema, description: isGroup ? undefined : itemSchema.description }}
              path={`${path}[${index}]`}
              value={item}
              onChange={(next) => onChange(items.map((other, at) => (at === index ? (next ?? (isGroup ? {} : '')) : other)))}
              isRequired={false}
            />
            <IconButton
              icon={Trash2}
              label={`${t.schemaForm.remove}: ${labelOf(name)} ${index + 1}`}
              isDisabled={isDisabled}
              onPress={() => {
                setRound(round + 1);
                onChange(items.filter((_, at) => at !== index));
              }}
            />
          </div>
        ))}
        {!isFull && (
          <Button size="s" icon={Plus} isDisabled={isDisabled} onPress={() => onChange([...items, isGroup ? {} : ''])} aria-label={`${t.schemaForm.add}: ${labelOf(name)}`}>
            {t.schemaForm.add}
          </Button>
        )}
      </div>
    </Fieldset>
  );
}

function Json(props: FieldProps) {
  const t = useStrings();
  const field = useField(props);
  const { value, onChange } = props;
  const [typed, setTyped] = useTyped(props);
  const change = (next: string) => {
    if (next.trim() === '') return setTyped(null), onChange(undefined);
    try {
      onChange(JSON.parse(next));
      setTyped(null);
    } catch {
      setTyped(next);
    }
  };
  return (
    <TextField
      {...field}
      label={`${field.label} (${t.schemaForm.json})`}
      problem={typed === null ? field.problem : t.schemaForm.notJson}
      value={typed ?? (value === undefined ? '' : JSON.stringify(value, null, 2))}
      onChange={change}
      rows={4}
    />
  );
}
