// Text of a model as Markdown: no HTML, nothing loaded, links that say where they lead.
import { Check, Copy } from 'lucide-react';
import { type ComponentProps, memo, type ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';

import { useStrings } from '../strings';
import { IconButton } from '../ui/Button';
import { useCopy } from '../ui/copy';
import { remarkCitations, safeAddress } from './markdown';

interface Props {
  readonly text: string;
  /** The numbers of the citations in the text. */
  readonly numbers?: readonly number[];
  readonly onCite?: (number: number) => void;
}

const NO_NUMBERS: readonly number[] = [];

export const Markdown = memo(function Markdown({ text, numbers = NO_NUMBERS, onCite }: Props) {
  const components: Components = {
    ...SAFE,
    cite: ({ id }) => <Mark number={Number(id)} onCite={onCite} />,
  };
  return (
    <div className="markdown">
      <ReactMarkdown remarkPlugins={[remarkGfm, [remarkCitations, { numbers }]]} urlTransform={safeAddress} components={components}>
        {text}
      </ReactMarkdown>
    </div>
  );
});

function Mark({ number, onCite }: { readonly number: number; readonly onCite: ((number: number) => void) | undefined }) {
  const t = useStrings();
  return (
    <button type="button" className="cite" aria-label={t.chat.openSource(number)} onClick={() => onCite?.(number)}>
      {number}
    </button>
  );
}

function Anchor({ href, children }: ComponentProps<'a'>) {
  if (!href) return <span>{children}</span>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>
      {children}
    </a>
  );
}

/** A picture would tell its server who reads: its description stands for it. */
function Picture({ alt }: ComponentProps<'img'>) {
  const t = useStrings();
  return <span className="picture">{alt ? t.chat.picture(alt) : t.chat.pictureWithout}</span>;
}

function Code({ children }: ComponentProps<'pre'>) {
  const t = useStrings();
  const { isCopied, copy } = useCopy();
  return (
    <div className="code">
      <pre tabIndex={0}>{children}</pre>
      <IconButton icon={isCopied ? Check : Copy} label={isCopied ? t.common.copied : t.chat.copyCode} onPress={() => void copy(textOf(children))} size={14} />
    </div>
  );
}

function Wide({ children }: ComponentProps<'table'>) {
  return (
    <div className="table" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

/** Headings of an answer stand below those of the page. */
const heading = ({ children }: { readonly children?: ReactNode }) => <h3>{children}</h3>;
const minor = ({ children }: { readonly children?: ReactNode }) => <h4>{children}</h4>;

const SAFE: Components = { a: Anchor, img: Picture, pre: Code, table: Wide, h1: heading, h2: heading, h3: heading, h4: minor, h5: minor, h6: minor };

function textOf(node: ReactNode): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node);
  if (Array.isArray(node)) return node.map(textOf).join('');
  if (node && typeof node === 'object' && 'props' in node) return textOf((node.props as { children?: ReactNode }).children);
  return '';
}
