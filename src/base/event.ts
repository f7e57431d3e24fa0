/** Something to be disposed of; the shape VS Code's own disposables have. */
export interface Disposable {
  dispose(): void;
}

/** Subscribes a listener; the shape of `vscode.Event`, so the UI can pass one on as it is. */
export type Event<T> = (listener: (value: T) => unknown) => Disposable;

/** The sending side of an event. A listener that throws stops neither the others nor the sender. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => unknown>();

  readonly event: Event<T> = (listener) => {
    // A wrapper of its own, so that subscribing the same function twice is two subscriptions.
    const entry = (value: T) => listener(value);
    this.#listeners.add(entry);
    return { dispose: () => void this.#listeners.delete(entry) };
  };

  fire(value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
