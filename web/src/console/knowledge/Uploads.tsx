// Where files are dropped or chosen, and what has become of each.
import { TroupeError } from '@troupe/client';
import { Upload } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button as AriaButton, DropZone, FileTrigger, type FileDropItem, ProgressBar } from 'react-aria-components';

import { useSession } from '../api/session';
import { useStrings } from '../strings';
import { messageOf } from '../ui/errors';
import { useFormat } from '../ui/format';
import { upload } from './upload';

interface Sending {
  readonly key: number;
  readonly name: string;
  readonly size: number;
  readonly share: number;
  readonly error: TroupeError | null;
  readonly isDone: boolean;
}

let count = 0;

export function Uploads({ agentId }: { readonly agentId: string }) {
  const t = useStrings();
  const { credentials } = useSession();
  const [sendings, setSendings] = useState<readonly Sending[]>([]);
  // files are sent one after the other, so that one that is large does not starve the rest
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const stop = useRef(new AbortController());
  useEffect(() => {
    stop.current = new AbortController();
    const { current } = stop;
    return () => current.abort();
  }, []);

  const add = useCallback(
    (files: readonly File[]) => {
      const { signal } = stop.current;
      for (const file of files) {
        const key = (count += 1);
        const change = (part: Partial<Sending>) => setSendings((known) => known.map((one) => (one.key === key ? { ...one, ...part } : one)));
        setSendings((known) => [...known, { key, name: file.name, size: file.size, share: 0, error: null, isDone: false }]);
        queue.current = queue.current
          .then(() => upload({ agentId, file, credentials, signal, onProgress: (share) => change({ share }) }))
          .then(
            () => change({ isDone: true, share: 1 }),
            (thrown: unknown) => change({ error: TroupeError.from(thrown) }),
          );
      }
    },
    [agentId, credentials],
  );

  const drop = async (items: readonly FileDropItem[]) => add(await Promise.all(items.map((item) => item.getFile())));
  return (
    <section aria-label={t.knowledge.drop}>
      <DropZone
        className="drop"
        getDropOperation={() => 'copy'}
        onDrop={({ items }) => void drop(items.filter((item): item is FileDropItem => item.kind === 'file'))}
      >
        <Upload aria-hidden size={22} />
        <p>
          {t.knowledge.drop}{' '}
          <FileTrigger allowsMultiple onSelect={(files) => add([...(files ?? [])])}>
            <AriaButton className="button secondary s">{t.knowledge.choose}</AriaButton>
          </FileTrigger>
        </p>
        <p className="fine">{t.knowledge.kinds}</p>
      </DropZone>
      <ul className="sendings" aria-live="polite">
        {sendings.map((sending) => (
          <SendingRow key={sending.key} sending={sending} />
        ))}
      </ul>
    </section>
  );
}

function SendingRow({ sending }: { readonly sending: Sending }) {
  const t = useStrings();
  const format = useFormat();
  const { name, size, share, error, isDone } = sending;
  if (error) {
    return (
      <li className="note bad">
        <div>
          <b>{t.knowledge.refused(name)}</b>
          <p>{messageOf(error, t).text}</p>
        </div>
      </li>
    );
  }
  if (isDone) return <li className="fine">{t.knowledge.uploaded(name)}</li>;
  return (
    <li>
      <ProgressBar value={share * 100} aria-label={t.knowledge.uploading(name)} className="progress">
        {({ valueText }) => (
          <>
            <span>
              {t.knowledge.uploading(name)} <small>{format.bytes(size)}</small>
            </span>
            <span className="numeric">{valueText}</span>
            <progress max={1} value={share} aria-hidden />
          </>
        )}
      </ProgressBar>
    </li>
  );
}
