import type { Capabilities, Driver } from "./driver.ts";
import type { Examination, Found } from "./examination.ts";
import { StorageError } from "./errors.ts";
import type { ExtraName } from "./extras.ts";
import type { BeforeRequest } from "./http/http.ts";
import {
  type Asked,
  type Config,
  type Fault,
  faultOf,
  type Field,
  type Fields,
  inEnglish,
  isAsked,
  type OptionalNames,
  parse,
  text,
  withLeave,
} from "./fields.ts";

export interface Preset<F extends Fields, S = unknown> {
  readonly id: string;
  readonly label: string;
  /** A codicon, where the provider's own does not fit. */
  readonly icon?: string;
  /** Other names it is looked for by. */
  readonly keywords?: string;
  /** Why it can no longer be chosen, and what to choose instead. */
  readonly retired?: string;
  /** What everybody who chooses it should know. */
  readonly note?: string;
  /** How objects can be kept, by the names on the wire; the usual way is `STANDARD`. */
  readonly storageClasses?: Readonly<Record<string, StorageClass>>;
  readonly values: Partial<Config<F>>;
  /** Questions this service does not need to be asked. */
  readonly hide?: readonly (keyof F & string)[];
  /** Questions this service cannot do without, though others can. */
  readonly requires?: readonly OptionalNames<F>[];
  /** What fits this service better than the questions' own words. */
  readonly asks?: Partial<Record<keyof F & string, Asked>>;
  /** Where the user creates the key, as a page to open. */
  readonly keysPage?: string;
  /** What this service can do less, or more, than its protocol promises. */
  readonly quirks?: Partial<Capabilities>;
  /** The question that the service itself answers to whoever has a key: see `lookUp`. */
  readonly looksUp?: keyof F & string;
  /** The protocol's extras that this service does not know. */
  readonly lacks?: readonly ExtraName[];
  /** What the provider's own code has to know of the service. */
  readonly service?: S;
}

/** A way of keeping objects. */
export interface StorageClass {
  /** With its terms, for people. */
  readonly label: string;
  /** Every object is charged as if it had at least so much. */
  readonly leastBytes?: number;
}

/** What a provider's author declares. */
interface Declaration<F extends Fields, S> {
  /** Named for the protocol: `s3`, `webdav`, `folder`. */
  readonly id: string;
  readonly label: string;
  /** A codicon. */
  readonly icon: string;
  /** What the UI calls a stored thing here. */
  readonly noun: "object" | "file";
  readonly fields: F;
  /** The field that names the bucket or share; absent if a connection is one container. */
  readonly container?: keyof F & string;
  /** The field that names the folder a connection begins at; the author's own code never sees it. */
  readonly folder?: keyof F & string;
  readonly presets: readonly Preset<NoInfer<F>, S>[];
  /** What its drivers offer beyond the rest: menus know it before anything is opened. */
  readonly extras?: readonly ExtraName[];
  /** What a pasted address, console page or URI says about the answers, if this provider knows it. */
  recognise?(text: string): Recognised | undefined;
  /** The short text that tells one connection from another (a host, a path). Holds no secret. */
  place(config: Config<F>, service?: S): string;
  /** What other programs call what lies there. Holds no secret. */
  addresses?(config: Config<F>, at: Place, service?: S): Addresses;
  /**
   * How the `restic` program reaches `folder`, for whoever has to do without Offsite; absent if it
   * cannot. Secrets are not among the answers: they stand as `…`.
   */
  restic?(config: Config<F>, folder: string, service?: S): ResticAccess | undefined;
  /**
   * Answers that the service gives by itself, asked with those that are there already: they may be
   * few, and nobody has looked at them. Sends no secret.
   */
  lookUp?(answers: Answers, signal: AbortSignal, service?: S): Promise<Answers>;
  /** Makes the driver; loads the SDK on first use, sends nothing yet. */
  open(config: Config<F>, service?: S, beforeRequest?: BeforeRequest): Promise<Driver>;
  /** Names of the containers the answers give access to. `denied` if they may not be listed. */
  containers?(config: Config<F>, signal: AbortSignal, service?: S): Promise<readonly string[]>;
  /** Makes a container. `conflict` if there is one of this name, ours or somebody else's. */
  createContainer?(
    config: Config<F>,
    container: NewContainer,
    signal: AbortSignal,
    service?: S,
  ): Promise<void>;
  /** Takes an empty container away. `conflict` if it holds anything, `not-found` if it is not there. */
  deleteContainer?(
    config: Config<F>,
    name: string,
    signal: AbortSignal,
    service?: S,
  ): Promise<void>;
  /** Finds out what the service does in those matters that only this protocol knows. */
  examine?(config: Config<F>, examination: Examination, service?: S): Promise<void>;
}

export interface NewContainer {
  readonly name: string;
  /** Where it is to lie; else where the connection asks. */
  readonly region?: string;
}

/** An object, a folder (`key` ends in `/`) or, without a key, the container itself. */
export interface Place {
  readonly container?: string;
  readonly key: string;
}

export interface Addresses {
  /** Where it is asked for with a signature, or without one if it is public. */
  readonly url?: string;
  /** Where everybody reads it, as the connection says. */
  readonly publicUrl?: string;
  readonly arn?: string;
  /** Shell commands that fetch it, for a program that knows the key already. */
  readonly awsCommand?: string;
  readonly rcloneCommand?: string;
}

export interface ResticAccess {
  /** What follows `restic -r`. */
  readonly repository: string;
  /** Shell commands to run before. */
  readonly preparation: readonly string[];
  /** What it has to be told of the storage each time, as words of its command. */
  readonly flags?: readonly string[];
}

/** Answers as the form gave them and the settings kept them: not yet trusted. */
export type Answers = Readonly<Record<string, unknown>>;

/** What a pasted text says: the preset it belongs to, if it tells, and some of the answers. */
export interface Recognised {
  readonly preset?: string;
  readonly values: Answers;
  /** The object it leads to, by its whole key. */
  readonly object?: string;
  /** Why what it names cannot be reached; then it says nothing else. */
  readonly refusal?: StorageError;
}

/** An answer that cannot be used. */
export interface Problem {
  readonly field: string;
  readonly fault: Fault;
  /** The same in English, for an error and the log. */
  readonly text: string;
}

/** What the rest of the program sees: the same declaration, whichever provider it is. */
export interface Provider extends Omit<
  Declaration<Fields, unknown>,
  | "open"
  | "containers"
  | "createContainer"
  | "deleteContainer"
  | "presets"
  | "place"
  | "restic"
  | "lookUp"
  | "addresses"
  | "examine"
> {
  readonly presets: readonly {
    readonly id: string;
    readonly label: string;
    readonly icon?: string;
    readonly keywords?: string;
    readonly retired?: string;
    readonly note?: string;
    readonly storageClasses?: Readonly<Record<string, StorageClass>>;
    readonly values: Answers;
    readonly hide?: readonly string[];
    readonly requires?: readonly string[];
    readonly asks?: Readonly<Record<string, Asked | undefined>>;
    readonly keysPage?: string;
    readonly quirks?: Partial<Capabilities>;
    readonly lacks?: readonly ExtraName[];
    readonly looksUp?: string;
  }[];
  /** The question, as a service of the preset asks it. */
  field(name: string, preset?: string): Field | undefined;
  /** What is wrong with `answers`, given to a service of the preset; empty if `open` would accept them. */
  problems(answers: Answers, preset?: string): readonly Problem[];
  /** What all keys of the connection begin with: empty, or the folder of the answers, with a `/` behind it. */
  rootOf(answers: Answers): string;
  /** As declared, with the folder behind it; an empty text if the answers are not usable yet. */
  place(answers: Answers, preset?: string): string;
  /** As declared; none if the answers are not usable yet. */
  addresses(answers: Answers, at: Place, preset?: string): Addresses;
  /** As declared; nothing if the answers are not usable yet. */
  restic?(answers: Answers, folder: string, preset?: string): ResticAccess | undefined;
  /** As declared. Fails with `invalid`, naming the field, if an answer it needs is missing. */
  lookUp?(answers: Answers, signal: AbortSignal, preset?: string): Promise<Answers>;
  /** Fails with `invalid`, naming the field, if an answer cannot be used. */
  open(
    answers: Answers,
    preset?: string,
    found?: Found,
    beforeRequest?: BeforeRequest,
  ): Promise<Driver>;
  containers?(answers: Answers, signal: AbortSignal, preset?: string): Promise<readonly string[]>;
  createContainer?(
    answers: Answers,
    container: NewContainer,
    signal: AbortSignal,
    preset?: string,
  ): Promise<void>;
  deleteContainer?(
    answers: Answers,
    name: string,
    signal: AbortSignal,
    preset?: string,
  ): Promise<void>;
  examine?(answers: Answers, examination: Examination, preset?: string): Promise<void>;
}

/**
 * `fields` types what `open` receives and what presets may set; answers are checked against it
 * before `open` runs.
 */
export function defineProvider<const F extends Fields, S = undefined>(
  declaration: Declaration<F, S>,
): Provider {
  const presetOf = (preset?: string) => declaration.presets.find(({ id }) => id === preset);
  /** What the preset knows of the service, and what was found of it since. */
  const serviceOf = (preset?: string, found?: Found): S | undefined => {
    const known = presetOf(preset)?.service;
    // What is found is in the terms of the service: its own `examine` has said it.
    return found?.service === undefined ? known : ({ ...known, ...found.service } as S);
  };
  const fieldOf = (name: string, preset?: string): Field | undefined => {
    const field = declaration.fields[name];
    if (!field) return undefined;
    const service = presetOf(preset);
    const required: readonly string[] = service?.requires ?? [];
    const asks: Readonly<Record<string, Asked | undefined>> = service?.asks ?? {};
    // Only a text or a secret can be required: nothing else can be left unanswered.
    return { ...field, ...asks[name], ...(required.includes(name) && { required: true }) } as Field;
  };
  const rootOf = (answers: Answers): string =>
    rootAt(declaration.folder === undefined ? undefined : text(answers[declaration.folder]));
  const problems = (answers: Answers, preset?: string): Problem[] =>
    Object.keys(declaration.fields).flatMap((name) => {
      const field = fieldOf(name, preset);
      if (!field || !isAsked(declaration.fields, field, answers)) return [];
      // A folder is in one container, so that one has to be told.
      const isNeeded = name === declaration.container && rootOf(answers) !== "";
      const asked = isNeeded && field.type === "text" ? { ...field, required: true } : field;
      const fault = faultOf(withLeave(asked, answers), answers[name]);
      return fault ? [{ field: name, fault, text: `${field.label} ${inEnglish(fault)}.` }] : [];
    });
  const config = (answers: Answers, preset: string | undefined): Config<F> => {
    const [first] = problems(answers, preset);
    if (first) throw new StorageError("invalid", first.text, { field: first.field });
    return parse(declaration.fields, answers);
  };
  /** Saved answers come without their secrets, and what only names a place needs none. */
  const named = (answers: Answers, preset?: string): Config<F> | undefined => {
    const secret = ({ field }: Problem) => declaration.fields[field]?.type === "secret";
    return problems(answers, preset).every(secret) ? parse(declaration.fields, answers) : undefined;
  };
  const { containers, createContainer, deleteContainer, examine, lookUp, restic } = declaration;
  return {
    ...declaration,
    field: fieldOf,
    problems,
    rootOf,
    place: (answers, preset) => {
      const place = named(answers, preset);
      const whole = place ? declaration.place(place, serviceOf(preset)) : "";
      const root = rootOf(answers);
      return whole === "" || root === "" ? whole : `${whole}/${root.slice(0, -1)}`;
    },
    addresses: (answers, { key, ...at }, preset) => {
      const place = named(answers, preset);
      const whole = { ...at, key: rootOf(answers) + key };
      return (place && declaration.addresses?.(place, whole, serviceOf(preset))) ?? {};
    },
    ...(restic && {
      restic: (answers: Answers, folder: string, preset?: string) => {
        const place = named(answers, preset);
        const whole = (rootOf(answers) + folder).replace(/\/$/, "");
        return place && restic(place, whole, serviceOf(preset));
      },
    }),
    ...(lookUp && {
      lookUp: async (answers: Answers, signal: AbortSignal, preset?: string) =>
        await lookUp(answers, signal, serviceOf(preset)),
    }),
    open: async (answers, preset, found, beforeRequest) =>
      await declaration.open(config(answers, preset), serviceOf(preset, found), beforeRequest),
    ...(examine && {
      examine: async (answers: Answers, examination: Examination, preset?: string) =>
        await examine(
          config(answers, preset),
          beneath(rootOf(answers), examination),
          serviceOf(preset),
        ),
    }),
    ...(containers && {
      containers: async (answers: Answers, signal: AbortSignal, preset?: string) =>
        await containers(config(answers, preset), signal, serviceOf(preset)),
    }),
    ...(createContainer && {
      createContainer: async (
        answers: Answers,
        container: NewContainer,
        signal: AbortSignal,
        preset?: string,
      ) => await createContainer(config(answers, preset), container, signal, serviceOf(preset)),
    }),
    ...(deleteContainer && {
      deleteContainer: async (
        answers: Answers,
        name: string,
        signal: AbortSignal,
        preset?: string,
      ) => await deleteContainer(config(answers, preset), name, signal, serviceOf(preset)),
    }),
  } as Provider; // What takes a config has just been given the erased type.
}

/**
 * The extras of a connection: those of its protocol but for what the service lacks, and for what
 * holds for a whole container if it is a folder of one.
 */
export function extrasOf(
  provider: Provider,
  { preset, answers }: { readonly preset?: string; readonly answers: Answers },
): readonly ExtraName[] {
  const lacking = new Set(provider.presets.find(({ id }) => id === preset)?.lacks);
  if (provider.rootOf(answers) !== "") lacking.add("rules");
  return (provider.extras ?? []).filter((name) => !lacking.has(name));
}

/** The driver's author knows nothing of the folder: what is examined is examined in it. */
function beneath(root: string, examination: Examination): Examination {
  const { prefix, place } = examination;
  return {
    ...examination,
    root,
    ...(prefix !== undefined && { prefix: root + prefix }),
    ...(place && { place: (name: string) => root + place(name) }),
  };
}

/** Slashes at its ends are how people write a folder, not a part of its name. */
function rootAt(folder: string | undefined): string {
  const path = folder?.trim().replace(/^\/+|\/+$/g, "") ?? "";
  return path === "" ? "" : `${path}/`;
}
