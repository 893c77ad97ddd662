// A template version as it is typed, and as it is published.
import type { LatencyClass, PublishAgentTemplateInput, TemplateToExtendQuery } from './operations.generated';

export type Template = NonNullable<TemplateToExtendQuery['agentTemplate']>;

/** The parts that are edited as JSON. */
export const JSON_PARTS = ['configSchema', 'contextSchema', 'configuration', 'pricingTiers', 'skills'] as const;
export type JsonPart = (typeof JSON_PARTS)[number];
export type TextPart = 'name' | 'version' | 'workflow' | 'description' | 'systemPrompt';

export interface Publication extends Readonly<Record<TextPart | JsonPart, string>> {
  readonly latencyClass: LatencyClass;
}

const EMPTY_SCHEMA = { type: 'object', additionalProperties: false, properties: {} };

const json = (value: unknown) => JSON.stringify(value, null, 2);

/** What is known of the version before. Its prompt, and the settings of the template and of its tiers, are not. */
export function publicationOf(template: Template | null): Publication {
  return {
    name: template?.name ?? '',
    version: template ? nextOf(template.version) : '1.0.0',
    workflow: template?.workflow ?? '',
    description: template?.description ?? '',
    latencyClass: template?.latencyClass ?? 'INTERACTIVE',
    systemPrompt: '',
    configSchema: json(template?.configSchema ?? EMPTY_SCHEMA),
    contextSchema: json(template?.contextSchema ?? EMPTY_SCHEMA),
    configuration: json({}),
    pricingTiers: json(
      template?.pricingTiers.map(({ name, tools, vectorStore, models, limits }) => ({ name, tools, vectorStore, models, limits })) ?? [
        { name: 'standard', tools: [], vectorStore: 'EMBEDDED', models: ['default'], limits: {} },
      ],
    ),
    skills: json(template?.skills.map(({ id, name, description, examples }) => ({ id, name, description, examples })) ?? [{ id: '', name: '', description: '', examples: [] }]),
  };
}

/** "1.4.2" is followed by "1.5.0". */
export function nextOf(version: string): string {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  return major && minor ? `${major}.${Number(minor) + 1}.0` : version;
}

/** The input, and the parts that are no JSON; the server says everything else. */
export function publicationInput(publication: Publication): { input: PublishAgentTemplateInput | null; wrong: readonly JsonPart[] } {
  const parts: Partial<Record<JsonPart, unknown>> = {};
  const wrong: JsonPart[] = [];
  for (const part of JSON_PARTS) {
    try {
      parts[part] = JSON.parse(publication[part]);
    } catch {
      wrong.push(part);
    }
  }
  if (wrong.length > 0) return { input: null, wrong };
  return { input: { ...publication, ...parts } as PublishAgentTemplateInput, wrong };
}
