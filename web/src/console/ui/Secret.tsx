// A secret that is shown this once.
import { Check, Copy } from 'lucide-react';

import { useStrings } from '../strings';
import { Button, IconButton } from './Button';
import { useCopy } from './copy';
import { Dialog } from './Overlays';

interface Props {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
  readonly onClose: () => void;
}

export function Secret({ title, text, secret, onClose }: Props) {
  const t = useStrings();
  const { isCopied, copy } = useCopy();
  return (
    <Dialog title={title} isOpen onClose={onClose} size="s" isDismissable={false}>
      <p>{text}</p>
      <div className="secret">
        <code>{secret}</code>
        <IconButton icon={isCopied ? Check : Copy} label={isCopied ? t.common.copied : t.common.copy} onPress={() => void copy(secret)} />
      </div>
      <div className="actions">
        <Button kind="primary" onPress={onClose}>
          {t.common.close}
        </Button>
      </div>
    </Dialog>
  );
}
