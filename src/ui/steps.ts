/** Questions asked one after the other in VS Code's quick input, with a way back and a count. */
import {
  type Disposable,
  InputBoxValidationSeverity,
  type QuickInputButton,
  QuickInputButtons,
  type QuickPick,
  type QuickPickItem,
  window,
} from "vscode";

/** Given to a command by questions that go on once it is over, and want the focus then. */
export const forQuestion = "question";

/** Where in a row of questions one stands. */
export interface Frame {
  readonly title: string;
  readonly step?: number;
  readonly total?: number;
  readonly canGoBack?: boolean;
}

/** What a question ends with: an answer, the wish to go back, or nothing when it was called off. */
export type Reply<T> =
  | { readonly type: "answer"; readonly value: T }
  | { readonly type: "back" }
  | undefined;

/** One question of a row: given the answers so far, returns them with its own added. */
export interface Step<D> {
  readonly ask: (draft: D, frame: Frame) => Promise<Reply<D>>;
  /** Whether the answers so far make this question needless. */
  readonly skip?: (draft: D) => boolean;
}

/** Asks all questions; undefined if called off. Going back restores the answers as they were. */
export async function runSteps<D>(
  title: string,
  steps: readonly Step<D>[],
  initial: D,
): Promise<D | undefined> {
  const asked: { readonly index: number; readonly draft: D }[] = [];
  let draft = initial;
  let index = 0;
  while (index < steps.length) {
    const step = steps[index];
    if (!step || step.skip?.(draft)) {
      index++;
      continue;
    }
    const canGoBack = asked.length > 0;
    // Of a single question nobody counts.
    const place = steps.length > 1 ? { step: index + 1, total: steps.length } : {};
    const reply = await step.ask(draft, { title, ...place, canGoBack });
    if (!reply) return undefined;
    if (reply.type === "answer") {
      asked.push({ index, draft });
      draft = reply.value;
      index++;
      continue;
    }
    const before = asked.pop();
    if (!before) return undefined;
    ({ index, draft } = before);
  }
  return draft;
}

/** A row of a list that stands for `value`; a row without one (a separator, a remark) cannot be picked. */
export interface Choice<T> extends QuickPickItem {
  readonly value?: T;
}

export interface PickOptions<T> {
  readonly placeholder: string;
  /** Given at once, or as they arrive; the list shows that it is busy until then. */
  readonly choices: readonly Choice<T>[] | ((signal: AbortSignal) => Promise<readonly Choice<T>[]>);
  /** What the buttons on a row do; the list stays open, with these choices if some are given. */
  readonly onButton?: (
    value: T | undefined,
    button: QuickInputButton,
  ) => void | Promise<readonly Choice<T>[]>;
  /** Chosen, but the list is to stay: return true. */
  readonly stay?: (value: T) => boolean;
}

/** One choice from a list. A list that cannot be loaded rejects with the reason. */
export async function pickOne<T>(frame: Frame, options: PickOptions<T>): Promise<Reply<T>> {
  const picker = window.createQuickPick<Choice<T>>();
  Object.assign(picker, framed(frame), {
    placeholder: options.placeholder,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  const loading = new AbortController();
  const subscriptions: Disposable[] = [picker];
  try {
    return await new Promise<Reply<T>>((resolve, reject) => {
      subscriptions.push(
        picker.onDidHide(() => resolve(undefined)),
        picker.onDidTriggerButton(() => resolve({ type: "back" })),
        picker.onDidTriggerItemButton(({ item, button }) => {
          const changing = options.onButton?.(item.value, button);
          if (changing) changing.then((choices) => redraw(picker, choices)).catch(reject);
        }),
        picker.onDidAccept(() => {
          const value = picker.selectedItems[0]?.value;
          if (value !== undefined && !options.stay?.(value)) resolve({ type: "answer", value });
        }),
      );
      picker.show();
      fill(picker, options.choices, loading.signal).catch(reject);
    });
  } finally {
    loading.abort();
    for (const subscription of subscriptions) subscription.dispose();
  }
}

/** Any number of choices from a list; nothing is ticked unasked, and a row without a value never is. */
export async function pickMany<T>(
  frame: Frame,
  options: { readonly placeholder: string; readonly choices: readonly Choice<T>[] },
): Promise<Reply<readonly T[]>> {
  const picker = window.createQuickPick<Choice<T>>();
  Object.assign(picker, framed(frame), {
    placeholder: options.placeholder,
    canSelectMany: true,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
    items: options.choices,
  });
  const subscriptions: Disposable[] = [picker];
  try {
    return await new Promise((resolve) => {
      subscriptions.push(
        picker.onDidHide(() => resolve(undefined)),
        picker.onDidTriggerButton(() => resolve({ type: "back" })),
        picker.onDidChangeSelection((ticked) => {
          const allowed = ticked.filter(({ value }) => value !== undefined);
          if (allowed.length < ticked.length) picker.selectedItems = allowed;
        }),
        picker.onDidAccept(() => {
          const values = picker.selectedItems.flatMap(({ value }) => value ?? []);
          resolve({ type: "answer", value: values as readonly T[] });
        }),
      );
      picker.show();
    });
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
  }
}

export interface Remark {
  readonly text: string;
  readonly severity: "info" | "warning" | "error";
}

export interface AskOptions {
  readonly prompt: string;
  readonly value?: string;
  /** The value is how the answer begins: one types on behind it. Else what is typed replaces it. */
  readonly begins?: true;
  readonly placeholder?: string;
  readonly secret?: boolean;
  /** A remark on what is typed so far; the remark of an error holds the answer back. */
  readonly remark?: (value: string) => Remark | undefined;
  /** Tries the answer, which may take a while. The text of a refusal is shown and the question stays. */
  readonly refuse?: (value: string, signal: AbortSignal) => Promise<string | undefined>;
}

/** One line of text. `refuse` rejecting ends the question with that error. */
export async function askText(frame: Frame, options: AskOptions): Promise<Reply<string>> {
  const box = window.createInputBox();
  Object.assign(box, framed(frame), {
    prompt: options.prompt,
    value: options.value ?? "",
    ...(options.begins && {
      valueSelection: [options.value?.length ?? 0, options.value?.length ?? 0],
    }),
    placeholder: options.placeholder ?? "",
    password: options.secret === true,
    ignoreFocusOut: true,
  });
  const trying = new AbortController();
  const subscriptions: Disposable[] = [box];
  try {
    return await new Promise<Reply<string>>((resolve, reject) => {
      const accept = async () => {
        const { value } = box;
        if (options.remark?.(value)?.severity === "error" || box.busy) return;
        Object.assign(box, { busy: true, enabled: false });
        const refusal = await options.refuse?.(value, trying.signal);
        Object.assign(box, { busy: false, enabled: true, validationMessage: refusal });
        if (refusal === undefined) resolve({ type: "answer", value });
      };
      subscriptions.push(
        box.onDidHide(() => resolve(undefined)),
        box.onDidTriggerButton(() => resolve({ type: "back" })),
        box.onDidChangeValue((value) => {
          box.validationMessage = shown(options.remark?.(value));
        }),
        box.onDidAccept(() => void accept().catch(reject)),
      );
      box.show();
    });
  } finally {
    trying.abort();
    for (const subscription of subscriptions) subscription.dispose();
  }
}

/** Draws other rows in an open list. The focus stays in its place; VS Code would put it on the first. */
export function redraw<T extends QuickPickItem>(list: QuickPick<T>, items: readonly T[]): void {
  const [active] = list.activeItems;
  const place = active ? list.items.indexOf(active) : -1;
  list.keepScrollPosition = true;
  list.items = items;
  const there = items[Math.min(place, items.length - 1)];
  if (there) list.activeItems = [there];
}

export function answer<T>(value: T): Reply<T> {
  return { type: "answer", value };
}

function framed({ title, step, total, canGoBack }: Frame) {
  return {
    title,
    step,
    totalSteps: total,
    buttons: canGoBack ? [QuickInputButtons.Back] : [],
  };
}

async function fill<T>(
  picker: QuickPick<Choice<T>>,
  choices: PickOptions<T>["choices"],
  signal: AbortSignal,
): Promise<void> {
  if (typeof choices !== "function") {
    picker.items = choices;
    return;
  }
  picker.busy = true;
  const loaded = await choices(signal);
  if (signal.aborted) return;
  picker.busy = false;
  picker.items = loaded;
}

function shown(remark: Remark | undefined) {
  return remark && { message: remark.text, severity: severities[remark.severity] };
}

const severities: Readonly<Record<Remark["severity"], InputBoxValidationSeverity>> = {
  info: InputBoxValidationSeverity.Info,
  warning: InputBoxValidationSeverity.Warning,
  error: InputBoxValidationSeverity.Error,
};
