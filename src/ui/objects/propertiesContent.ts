/** The panel of an object's properties: what it shows, and what its fields mean. Pure. */
import type { EditedProperties, Properties, Texts } from "../../app/objects/properties.ts";
import type { ObjectDetails } from "../../storage/extras.ts";
import type { StorageClass } from "../../storage/provider.ts";
import type {
  Draft,
  FieldProblem,
  Option,
  Pair,
  PanelContent,
  Part,
  Section,
  Value,
} from "../panels/panelMessages.ts";
import { ago, grouped, moment, size, type Translate } from "../words.ts";

/** The headers one can set, by the name they have on the wire and the one people know. */
const headerNames = {
  "content-type": "Content-Type",
  "cache-control": "Cache-Control",
  "content-disposition": "Content-Disposition",
  "content-encoding": "Content-Encoding",
  "content-language": "Content-Language",
  expires: "Expires",
} as const;
const headers = Object.keys(headerNames) as readonly (keyof typeof headerNames)[];

/** S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const mostTags = 10;
const longestTagName = 128;
const longestTagValue = 256;
const mostMetadataBytes = 2048;

/** The button that asks for a readable copy. */
export const requestAct = "request from archive";

export interface PropertiesSubject {
  readonly name: string;
  /** What other programs call it. */
  readonly address: string;
  readonly properties: Properties;
  readonly isReadOnly: boolean;
  /** What the service calls them, and what they mean to people. */
  readonly storageClasses: Readonly<Record<string, StorageClass>>;
  readonly now: Date;
  readonly t: Translate;
}

/** The fields as they are stored. */
export function propertiesDraft({ details, tags }: Properties): Draft {
  return {
    ...Object.fromEntries(headers.map((name) => [`header.${name}`, details.headers[name] ?? ""])),
    metadata: pairsOf(details.metadata),
    storageClass: details.storageClass ?? "STANDARD",
    ...(tags && { tags: pairsOf(tags) }),
  };
}

/** What the fields say, as it is saved. What has no field stays as it is. */
export function editedProperties(before: Properties, draft: Draft): EditedProperties {
  const { details, tags } = before;
  const typed = headers.map((name) => [name, textOf(draft[`header.${name}`])] as const);
  const others = Object.entries(details.headers).filter(
    ([name]) => !Object.hasOwn(headerNames, name),
  );
  const storageClass = textOf(draft["storageClass"]);
  const isClassSame = storageClass === (details.storageClass ?? "STANDARD");
  return {
    headers: Object.fromEntries([...others, ...typed.filter(([, value]) => value !== "")]),
    metadata: textsOf(draft["metadata"]),
    ...(isClassSame
      ? details.storageClass !== undefined && { storageClass: details.storageClass }
      : { storageClass }),
    ...(tags && { tags: textsOf(draft["tags"]) }),
  };
}

/** What is wrong with the fields, before anything is sent. */
export function propertiesProblems(draft: Draft, t: Translate): readonly FieldProblem[] {
  const metadata = pairsIn(draft["metadata"]);
  const tags = pairsIn(draft["tags"]);
  return [
    ...headers.flatMap((name) => problem(`header.${name}`, headerProblem(draft, name, t))),
    ...problem("metadata", metadataProblem(metadata, t)),
    ...problem("tags", tagsProblem(tags, t)),
  ];
}

export function propertiesContent(subject: PropertiesSubject): PanelContent {
  const { name, address, properties, isReadOnly, t } = subject;
  const { archive } = properties.details;
  // What has to be copied for it has to be readable.
  const isEditable = !isReadOnly && archive !== "archived" && archive !== "restoring";
  return {
    heading: name,
    subject: address,
    sections: [general(subject), ...(isEditable ? editable(subject) : shownOnly(subject))],
    ...(isEditable && {
      saving: t(
        "Saving headers, metadata or the storage class makes the storage copy the object onto itself: it counts as changed now, and a bucket with versioning keeps the state before.",
      ),
    }),
  };
}

function general({ properties, isReadOnly, now, t }: PropertiesSubject): Section {
  const { details } = properties;
  const { size: bytes, modified, version } = details.info;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [
      t("Size"),
      bytes < 1000 ? size(t, bytes) : t("{0} ({1} bytes)", size(t, bytes), grouped(bytes)),
    ],
    [t("Changed"), modified && t("{0} ({1})", moment(modified), ago(t, modified, now))],
    [t("ETag"), version],
    [t("Version"), details.versionId],
    [t("Encryption"), details.encryption ?? t("not told")],
    [t("Checksum"), details.checksum && checksumText(details.checksum)],
    [t("Archive"), archiveText(details, t)],
  ];
  const notes: readonly Part[] = [
    ...(isReadOnly
      ? [note("lock", t("The connection is marked read-only, so nothing here can be changed."))]
      : []),
    ...(details.archive === "archived" && !isReadOnly
      ? [
          note(
            "archive",
            t("An archived object cannot be changed. Request it from the archive first."),
          ),
          { type: "button", id: requestAct, label: t("Request from Archive…") } as const,
        ]
      : []),
    ...(details.readableUntil && !isReadOnly
      ? [
          note(
            "archive",
            t(
              "What is changed goes back into the archive at once, unless you choose another storage class.",
            ),
          ),
        ]
      : []),
  ];
  return {
    title: t("Object"),
    parts: [...facts.flatMap(([label, value]) => fact(label, value)), ...notes],
  };
}

function editable({ properties, storageClasses, t }: PropertiesSubject): readonly Section[] {
  const { details, tags } = properties;
  return [
    {
      title: t("Headers"),
      help: t("What a browser or program is told with the object."),
      parts: headers.map((name) => ({
        type: "text",
        id: `header.${name}`,
        label: headerNames[name],
        ...(examples[name] !== undefined && { placeholder: examples[name] }),
      })),
    },
    {
      title: t("Notes and Storage"),
      parts: [
        {
          type: "pairs",
          id: "metadata",
          label: t("Metadata"),
          help: t("Kept with the object and sent with it as x-amz-meta-… headers."),
        },
        tags
          ? {
              type: "pairs",
              id: "tags",
              label: t("Tags"),
              help: t("For rules and bills. At most ten; they can be changed without a copy."),
            }
          : note("info", t("Tags are not offered here, or the key may not read them.")),
        {
          type: "choice",
          id: "storageClass",
          label: t("Storage class"),
          help: t("What it costs to keep and to read. Not every service has every class."),
          options: classOptions(details.storageClass ?? "STANDARD", storageClasses, t),
        },
      ],
    },
  ];
}

function shownOnly({ properties, t }: PropertiesSubject): readonly Section[] {
  const { details, tags } = properties;
  const section = (title: string, texts: Texts | undefined): Section => {
    const facts = Object.entries(texts ?? {}).flatMap(([name, value]) => fact(name, value));
    return { title, parts: facts.length > 0 ? facts : [note(undefined, t("None."))] };
  };
  return [
    section(t("Headers"), details.headers),
    section(t("Metadata"), details.metadata),
    section(t("Tags"), tags),
    { title: t("Storage"), parts: fact(t("Storage class"), details.storageClass ?? "STANDARD") },
  ];
}

/** The object's own stays choosable whatever it is. */
function classOptions(
  own: string,
  classes: PropertiesSubject["storageClasses"],
  t: Translate,
): readonly Option[] {
  const known = Object.entries(classes).map(([value, { label }]) => ({
    value,
    label: `${t(label)} (${value})`,
  }));
  return Object.hasOwn(classes, own) ? known : [{ value: own, label: own }, ...known];
}

const examples: Readonly<Record<string, string>> = {
  "cache-control": "max-age=3600",
  "content-disposition": 'attachment; filename="report.pdf"',
  "content-encoding": "gzip",
  "content-language": "en",
  expires: "Wed, 21 Oct 2026 07:28:00 GMT",
};

function archiveText({ archive, readableUntil }: ObjectDetails, t: Translate): string | undefined {
  if (archive === undefined) return undefined;
  switch (archive) {
    case "archived":
      return t("archived: it has to be requested before it can be read");
    case "restoring":
      return t("requested: a readable copy is on its way");
    case "restored":
      return readableUntil
        ? t("readable until {0}", moment(readableUntil))
        : t("readable for a time");
  }
}

function checksumText({ algorithm, value }: { algorithm: string; value: string }): string {
  return `${algorithm.toUpperCase()} ${value}`;
}

/** What travels in an HTTP header: one line of visible ASCII. */
const headerText = /^[\x20-\x7e]*$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

function headerProblem(
  draft: Draft,
  name: keyof typeof headerNames,
  t: Translate,
): string | undefined {
  const value = textOf(draft[`header.${name}`]);
  if (!headerText.test(value)) return t("A header takes plain letters, digits and signs only.");
  return name === "expires" && value !== "" && Number.isNaN(Date.parse(value))
    ? t("Enter a date, such as {0}.", examples["expires"] ?? "")
    : undefined;
}

function metadataProblem(pairs: readonly Pair[], t: Translate): string | undefined {
  const names = pairs.map(([name]) => name.toLowerCase());
  if (names.includes("")) return t("Every value needs a name.");
  if (new Set(names).size < names.length) return t("A name stands here twice.");
  if (pairs.some(([name]) => !headerName.test(name)))
    return t("A name takes letters, digits and hyphens, without blanks.");
  const bytes = pairs.reduce((sum, pair) => sum + Buffer.byteLength(pair.join("")), 0);
  return bytes > mostMetadataBytes
    ? t("Names and values together take {0} bytes at most.", grouped(mostMetadataBytes))
    : undefined;
}

function tagsProblem(pairs: readonly Pair[], t: Translate): string | undefined {
  const names = pairs.map(([name]) => name);
  if (names.includes("")) return t("Every value needs a name.");
  if (new Set(names).size < names.length) return t("A name stands here twice.");
  if (pairs.length > mostTags) return t("An object takes {0} tags at most.", mostTags);
  const isLong = ([name, value]: Pair) =>
    name.length > longestTagName || value.length > longestTagValue;
  return pairs.some(isLong)
    ? t("A tag's name has {0} characters at most, its value {1}.", longestTagName, longestTagValue)
    : undefined;
}

function problem(field: string, text: string | undefined): readonly FieldProblem[] {
  return text === undefined ? [] : [{ field, text }];
}

function fact(label: string, value: string | undefined): readonly Part[] {
  return value === undefined ? [] : [{ type: "fact", label, value }];
}

function note(icon: string | undefined, text: string): Part {
  return { type: "note", text, ...(icon !== undefined && { icon }) };
}

function pairsOf(texts: Texts): readonly Pair[] {
  return Object.entries(texts);
}

function pairsIn(value: Value | undefined): readonly Pair[] {
  return typeof value === "object" ? value : [];
}

/** Names that are headers on the wire come back in lower case. */
function textsOf(value: Value | undefined): Texts {
  return Object.fromEntries(pairsIn(value));
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value.trim() : "";
}
