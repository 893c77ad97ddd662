// JSON Schemas of settings as a form needs them: which kind of field each part is, and how a value changes at a place.

/** The part of JSON Schema that the schemas of templates use; anything else is edited as JSON. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly format?: string;
}

export type FieldKind = 'choice' | 'text' | 'long' | 'number' | 'integer' | 'boolean' | 'group' | 'list' | 'json';

/** Texts that may be longer than this get several lines. */
const LONG = 200;

export function kindOf(schema: Schema): FieldKind {
  if (schema.enum?.every((value) => typeof value === 'string')) return 'choice';
  switch (schema.type) {
    case 'string':
      return (schema.maxLength ?? 0) > LONG && schema.format !== 'uri' ? 'long' : 'text';
    case 'number':
    case 'integer':
    case 'boolean':
      return schema.type;
    case 'object':
      return schema.properties ? 'group' : 'json';
    case 'array':
      return schema.items ? 'list' : 'json';
    default:
      return 'json';
  }
}

const ABBREVIATIONS: ReadonlySet<string> = new Set(['url', 'crm', 'id', 'pdf', 'api', 'faq']);

/** "maximumDiscountPercent" as people write it: "Maximum discount percent". */
export function labelOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .trim()
    .split(/\s+/);
  const plain = words.map((word) => (ABBREVIATIONS.has(word.toLowerCase()) || /^[A-Z]{2,}$/.test(word) ? word.toUpperCase() : word.toLowerCase()));
  return plain.map((word, index) => (index === 0 ? word[0]!.toUpperCase() + word.slice(1) : word)).join(' ');
}

/** The settings in the order in which a form shows them: single values first, then groups and lists. */
export function ordered(schema: Schema): [string, Schema][] {
  const entries = Object.entries(schema.properties ?? {});
  const isBlock = ([, part]: [string, Schema]) => ['group', 'list', 'json'].includes(kindOf(part));
  return [...entries.filter((entry) => !isBlock(entry)), ...entries.filter(isBlock)];
}

export type Settings = Readonly<Record<string, unknown>>;

/** The settings with another value; undefined, and what is empty afterwards, is left out. */
export function withValue(settings: Settings, name: string, value: unknown): Settings {
  if (isEmpty(value)) return Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name));
  return { ...settings, [name]: value };
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

export function asSettings(value: unknown): Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Settings) : {};
}

/** The same value, whatever the order of its keys. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
