// An address that names nothing.
import { Compass } from 'lucide-react';
import { Link } from 'wouter';

import { useStrings } from '../strings';
import { Page } from '../ui/Page';
import { Empty } from '../ui/Status';

export function NotFound() {
  const t = useStrings();
  return (
    <Page title={t.shell.notFound}>
      <Empty icon={Compass} title={t.shell.notFoundText} action={<Link href="/console/chat">{t.nav.chat}</Link>} />
    </Page>
  );
}
