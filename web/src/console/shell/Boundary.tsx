// Keeps a fault of one page to that page.
import { Component, type ReactNode } from 'react';

import { LanguageContext } from '../strings';
import { Button } from '../ui/Button';

interface State {
  readonly error: Error | null;
}

export class Boundary extends Component<{ readonly children: ReactNode }, State> {
  static override contextType = LanguageContext;
  declare context: React.ContextType<typeof LanguageContext>;
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    const t = this.context?.strings;
    if (!this.state.error || !t) return this.props.children;
    return (
      <main id="main" className="page">
        <div className="note bad" role="alert">
          <div>
            <p>{t.errors.page}</p>
            <p className="fine">{this.state.error.message}</p>
          </div>
          <Button size="s" onPress={() => location.reload()}>
            {t.common.reload}
          </Button>
        </div>
      </main>
    );
  }
}
