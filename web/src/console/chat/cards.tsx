// What led to an answer, folded to one line each: the route, the knowledge, what the model thought, a handoff.
import type { ChatCitation } from '@troupe/client';
import { ArrowRightLeft, BookOpen, Brain, type LucideIcon, Split } from 'lucide-react';
import type { ReactNode } from 'react';

import { useStrings } from '../strings';
import { useFormat } from '../ui/format';
import { Badge } from '../ui/Status';
import type { HandoffStepFragment, PassageStepFragment, RouteStepFragment } from './operations.generated';
import type { Source } from './SourceDialog';

interface CardProps {
  readonly kind: string;
  readonly icon: LucideIcon;
  readonly title: ReactNode;
  readonly note?: ReactNode;
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}

export function StepCard({ kind, icon: Icon, title, note, isOpen = false, children }: CardProps) {
  return (
    <details className="step" data-kind={kind} open={isOpen}>
      <summary>
        <Icon aria-hidden size={14} />
        <span>{title}</span>
        {note && <small>{note}</small>}
      </summary>
      <div className="step-body">{children}</div>
    </details>
  );
}

export function RouteCard({ route }: { readonly route: RouteStepFragment }) {
  const t = useStrings();
  const format = useFormat();
  const best = Math.max(...route.candidates.map(({ score }) => score), 0.01);
  return (
    <StepCard kind="route" icon={Split} title={t.route.title(route.agent.name)} note={t.route.reasons[route.reason]}>
      <p>{route.explanation}</p>
      {(route.reason === 'INTENT' || route.reason === 'FALLBACK') && (
        <p className="fine">
          {t.route.confidence(format.percent(route.confidence))}
          {route.threshold !== null && ` · ${t.route.threshold(format.percent(route.threshold))}`}
        </p>
      )}
      {route.candidates.length > 0 && (
        <>
          <h4>{t.route.candidates}</h4>
          <ul className="candidates">
            {route.candidates.map(({ agent, score, available, skill }) => (
              <li key={agent.id} className={agent.id === route.agent.id ? 'chosen' : ''}>
                <span>
                  {agent.name}
                  {skill && <small> · {skill.name}</small>}
                  {!available && <Badge kind="warn">{t.route.unavailable}</Badge>}
                </span>
                <meter min={0} max={best} value={Math.max(score, 0)} aria-label={t.route.similarity} />
                <span className="numeric">{format.number(score)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </StepCard>
  );
}

interface KnowledgeProps {
  readonly passages: readonly PassageStepFragment[];
  readonly cited: readonly ChatCitation[];
  readonly onSource: (source: Source) => void;
}

export function KnowledgeCard({ passages, cited, onSource }: KnowledgeProps) {
  const t = useStrings();
  const format = useFormat();
  const numberOf = ({ position, document }: PassageStepFragment) =>
    cited.find(({ passage }) => passage.document.id === document.id && passage.position === position)?.number ?? null;
  return (
    <StepCard kind="knowledge" icon={BookOpen} title={t.knowledge.found(passages.length)} note={t.knowledge.cited(new Set(cited.map(({ number }) => number)).size)}>
      <ul className="passages">
        {passages.map((passage) => (
          <li key={passage.id}>
            <button type="button" onClick={() => onSource({ ...passage, number: numberOf(passage) })}>
              <span>
                <b>{passage.document.title}</b>
                {passage.headings.length > 0 && <small> · {passage.headings.at(-1)}</small>}
                {numberOf(passage) !== null && <Badge kind="accent">{t.knowledge.citedAs(numberOf(passage) ?? 0)}</Badge>}
              </span>
              <small className="clip">{passage.text}</small>
              <small className="numeric">{t.knowledge.score(format.number(passage.score))}</small>
            </button>
          </li>
        ))}
      </ul>
    </StepCard>
  );
}

export function ReasoningCard({ text, isOpen }: { readonly text: string; readonly isOpen: boolean }) {
  const t = useStrings();
  return (
    <StepCard kind="reasoning" icon={Brain} title={isOpen ? t.chat.thinking : t.chat.thought}>
      <p className="reasoning">{text}</p>
    </StepCard>
  );
}

export function HandoffCard({ handoff }: { readonly handoff: HandoffStepFragment }) {
  const t = useStrings();
  const { from, to, reason, initiator, policy, outcome, carried, dropped } = handoff;
  return (
    <StepCard
      kind="handoff"
      icon={ArrowRightLeft}
      title={t.handoff.title(from?.name ?? t.handoff.deleted, to?.name ?? t.handoff.deleted)}
      note={t.handoff.outcomes[outcome]}
    >
      <p>{reason}</p>
      <p className="fine">
        {t.handoff.initiators[initiator]} · {t.handoff.policies[policy]}
      </p>
      <Items title={t.handoff.carried} items={carried} />
      <Items title={t.handoff.dropped} items={dropped} />
    </StepCard>
  );
}

function Items({ title, items }: { readonly title: string; readonly items: HandoffStepFragment['carried'] }) {
  const t = useStrings();
  if (items.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <ul className="items">
        {items.map(({ kind, label, why }, index) => (
          <li key={index}>
            <Badge>{t.handoff.kinds[kind]}</Badge> {label} <small>{why}</small>
          </li>
        ))}
      </ul>
    </>
  );
}
