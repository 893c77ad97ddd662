// The passage behind a citation, as it stands in its document.
import { useStrings } from '../strings';
import { Dialog } from '../ui/Overlays';

export interface Source {
  readonly number: number | null;
  readonly text: string;
  readonly headings: readonly string[];
  readonly position: number;
  readonly score?: number;
  readonly document: { readonly title: string };
}

export function SourceDialog({ source, onClose }: { readonly source: Source | null; readonly onClose: () => void }) {
  const t = useStrings();
  return (
    <Dialog title={source?.document.title ?? ''} isOpen={source !== null} onClose={onClose} size="side">
      {source && (
        <>
          <p className="fine">
            {[source.number !== null && t.chat.sourceNumber(source.number), t.chat.passage(source.position + 1), ...source.headings].filter(Boolean).join(' · ')}
          </p>
          <blockquote className="passage">{source.text}</blockquote>
        </>
      )}
    </Dialog>
  );
}
