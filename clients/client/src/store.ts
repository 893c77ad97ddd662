// A value that changes and tells its listeners, as `useSyncExternalStore` needs it.

/** A page that mounts a component twice, or moves it, listens again within this time, in milliseconds. */
const GRACE_MS = 500;

export abstract class Store<State> {
  #state: State;
  readonly #listeners = new Set<() => void>();
  #isOpen = false;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(state: State) {
    this.#state = state;
  }

  /** The state now: the same object until something changes. */
  readonly getSnapshot = (): State => this.#state;

  /** The first listener opens the store, and it closes soon after the last one has gone. */
  readonly subscribe = (listener: () => void): (() => void) => {
    // one function may listen twice
    const own = (): void => listener();
    this.#listeners.add(own);
    clearTimeout(this.#closing);
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.open();
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      clearTimeout(this.#closing);
      this.#closing = setTimeout(() => this.#close(), GRACE_MS);
    };
  };

  /** Resolves to the first state that fulfils a condition, now or later. */
  until(condition: (state: State) => boolean): Promise<State> {
    return new Promise((resolve) => {
      let stop: (() => void) | undefined;
      const look = (): void => {
        if (!condition(this.#state)) return;
        resolve(this.#state);
        // the first look may come before there is something to stop
        queueMicrotask(() => stop?.());
      };
      stop = this.subscribe(look);
      look();
    });
  }

  protected get isOpen(): boolean {
    return this.#isOpen;
  }

  protected update(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }

  protected abstract open(): void;
  protected abstract close(): void;

  #close(): void {
    if (this.#listeners.size > 0 || !this.#isOpen) return;
    this.#isOpen = false;
    this.close();
  }
}
