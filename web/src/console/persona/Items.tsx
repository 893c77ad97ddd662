// The items of one kind, each with its sources, and the fields to change them.
import { Check, Pencil, Plus, Trash2, Undo2 } from 'lucide-react';
import { useState } from 'react';

import { useStrings } from '../strings';
import { useMoreStrings } from '../strings/more';
import { Button, IconButton } from '../ui/Button';
import { TextField } from '../ui/Fields';
import { useFormat } from '../ui/format';
import { Card } from '../ui/Page';
import { Badge } from '../ui/Status';
import { type Draft, itemsOf, LONGEST, withAdded, withAddedText, withoutAdded, withRemoval, withText } from './draft';
import type { PersonaItemKind, ProfileFragment, ProfileItemFragment } from './operations.generated';

interface Props {
  readonly kind: PersonaItemKind;
  readonly profile: ProfileFragment;
  readonly draft: Draft;
  readonly onDraft: (draft: Draft) => void;
  readonly mayChange: boolean;
}

/** What only a model finds. */
const BY_MODEL: ReadonlySet<PersonaItemKind> = new Set(['TONE', 'FACT']);

export function Items({ kind, profile, draft, onDraft, mayChange }: Props) {
  const s = useStrings();
  const t = useMoreStrings();
  const items = itemsOf(profile, kind);
  const added = draft.added.filter((item) => item.kind === kind);
  const name = t.persona.kinds[kind];
  const add = mayChange && (
    <Button size="s" icon={Plus} onPress={() => onDraft(withAdded(draft, kind))} aria-label={t.persona.add(name)}>
      {s.schemaForm.add}
    </Button>
  );
  return (
    <Card title={name} actions={add}>
      <p className="description">{t.persona.kindHints[kind]}</p>
      {items.length === 0 && added.length === 0 && <p className="muted">{BY_MODEL.has(kind) ? t.persona.needsModel : t.persona.empty}</p>}
      <ul className="persona-items" aria-label={name}>
        {items.map((item) => (
          <Item key={item.id} item={item} draft={draft} onDraft={onDraft} mayChange={mayChange} />
        ))}
        {added.map(({ key, text }) => (
          <li key={`new ${key}`} className="entry">
            <TextField label={t.persona.newItem(name)} value={text} onChange={(next) => onDraft(withAddedText(draft, key, next))} maxLength={LONGEST[kind]} autoFocus />
            <IconButton icon={Trash2} label={t.persona.removeItem(text)} tip={s.schemaForm.remove} onPress={() => onDraft(withoutAdded(draft, key))} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

interface ItemProps extends Pick<Props, 'draft' | 'onDraft' | 'mayChange'> {
  readonly item: ProfileItemFragment;
}

function Item({ item, draft, onDraft, mayChange }: ItemProps) {
  const s = useStrings();
  const t = useMoreStrings();
  const [isEditing, setIsEditing] = useState(false);
  const text = draft.replaced.get(item.id) ?? item.text;
  const isRemoved = draft.removed.has(item.id);
  if (isEditing && !isRemoved) {
    return (
      <li className="entry">
        <TextField
          label={t.persona.editItem(item.text)}
          value={text}
          onChange={(next) => onDraft(withText(draft, item, next))}
          maxLength={LONGEST[item.kind]}
          {...(LONGEST[item.kind] > 200 && { rows: 2 })}
          autoFocus
        />
        <IconButton icon={Check} label={t.persona.done} onPress={() => setIsEditing(false)} />
      </li>
    );
  }
  return (
    <li className={isRemoved ? 'removed' : undefined}>
      <div>
        {isRemoved ? <del>{text}</del> : <span>{text}</span>} {item.origin === 'EDITED' && <Badge kind="accent">{t.persona.byPerson}</Badge>}
        {isRemoved && <small> {t.persona.removedMark}</small>}
        <Weight item={item} />
        <Sources sources={item.sources} />
      </div>
      {mayChange && (
        <span className="item-actions">
          {isRemoved ? (
            <IconButton icon={Undo2} label={t.persona.keepItem(item.text)} tip={t.persona.keep} onPress={() => onDraft(withRemoval(draft, item.id, false))} />
          ) : (
            <>
              <IconButton icon={Pencil} label={t.persona.editItem(item.text)} tip={t.persona.edit} onPress={() => setIsEditing(true)} />
              <IconButton icon={Trash2} label={t.persona.removeItem(item.text)} tip={s.schemaForm.remove} onPress={() => onDraft(withRemoval(draft, item.id, true))} />
            </>
          )}
        </span>
      )}
    </li>
  );
}

function Weight({ item: { weight, kind } }: { readonly item: ProfileItemFragment }) {
  const t = useMoreStrings();
  const format = useFormat();
  if (weight === null || kind !== 'TOPIC') return null;
  return <meter min={0} max={1} value={Math.min(1, weight)} aria-label={t.persona.weight(format.percent(weight))} />;
}

function Sources({ sources }: { readonly sources: ProfileItemFragment['sources'] }) {
  const t = useMoreStrings();
  if (sources.length === 0) return null;
  return (
    <details>
      <summary>{t.persona.sources(sources.length)}</summary>
      {sources.map(({ document, quote, position }) => (
        <figure key={`${document.id} ${position}`}>
          <blockquote>{quote}</blockquote>
          <figcaption>{document.title}</figcaption>
        </figure>
      ))}
    </details>
  );
}
