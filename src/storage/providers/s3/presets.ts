import type { Capabilities } from "../../driver.ts";
import type { ExtraName } from "../../extras.ts";
import type { Asked } from "../../fields.ts";
import type { StorageClass } from "../../provider.ts";
import type { S3Service } from "./service.ts";
import { type S3Question, type S3Row, s3Services } from "./services.ts";
import { anybody, labelled, usualTerms } from "./storageClasses.ts";

/** A preset, in terms of the questions of `s3.ts`. */
interface S3Preset {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  readonly keywords?: string;
  readonly note?: string;
  readonly retired?: string;
  readonly storageClasses: Readonly<Record<string, StorageClass>>;
  readonly values: {
    readonly region?: string;
    readonly addressing?: "virtual" | "path";
    readonly maxUploadParts?: number;
  };
  readonly requires: readonly ("endpoint" | "region" | "account")[];
  readonly hide: readonly S3Question[];
  readonly asks: Partial<Record<S3Question, Asked>>;
  readonly keysPage?: string;
  readonly quirks?: Partial<Capabilities>;
  readonly lacks?: readonly ExtraName[];
  readonly looksUp?: "region";
  readonly service: S3Service;
}

/** The services that speak S3, by their own names. */
export const s3Presets: readonly S3Preset[] = s3Services.map(presetOf);

function presetOf(row: S3Row): S3Preset {
  const { id, label, icon, keywords, retired, keysPage } = row;
  const note = row.note ?? usualTerms(row.storageClasses);
  const { conditions, lacks } = row;
  return {
    id,
    label,
    ...(icon !== undefined && { icon }),
    ...(keywords !== undefined && { keywords }),
    ...(note !== undefined && { note }),
    ...(retired !== undefined && { retired }),
    ...(keysPage !== undefined && { keysPage }),
    storageClasses: classesOf(row),
    values: valuesOf(row),
    requires: requiredOf(row),
    hide: hiddenOf(row),
    asks: asksOf(row),
    ...(conditions === "honoured" && { quirks: { ifAbsent: true, ifMatch: true } }),
    ...(lacks && { lacks }),
    ...(row.finder && { looksUp: "region" }),
    service: row,
  };
}

function valuesOf({ region, addressing, maxUploadParts }: S3Row): S3Preset["values"] {
  return {
    ...(region !== undefined && { region }),
    ...(addressing !== undefined && { addressing }),
    ...(maxUploadParts !== undefined && { maxUploadParts }),
  };
}

function classesOf({ storageClasses = anybody }: S3Row): S3Preset["storageClasses"] {
  return labelled(storageClasses);
}

/** What fills the address. A server of one's own has no address until it is told. */
function requiredOf({ id, endpoint = "" }: S3Row): S3Preset["requires"] {
  if (id === "aws") return [];
  if (endpoint === "") return ["endpoint"];
  return (["region", "account"] as const).filter((name) => endpoint.includes(`{${name}}`));
}

function hiddenOf({
  id,
  endpoint,
  regions: offered,
  region,
  account,
}: S3Row): readonly S3Question[] {
  if (id === "other") return ["account"];
  const isOwnServer = endpoint === undefined && id !== "aws";
  return [
    ...(account ? [] : (["account"] as const)),
    ...(region !== undefined && !offered ? (["region"] as const) : []),
    ...(id === "aws" ? (["endpoint"] as const) : (["sessionToken"] as const)),
    // Amazon's own tools know the keys of Amazon.
    ...(id === "aws" ? [] : (["credentials", "profile"] as const)),
    ...(isOwnServer ? [] : (["addressing", "verifyTls", "signature"] as const)),
    "maxUploadParts",
  ];
}

function asksOf(row: S3Row): S3Preset["asks"] {
  const { help = {}, endpoint, regions: offered, account } = row;
  const kept = Object.entries(classesOf(row)).map(([name, { label }]) => [name, label]);
  const own = Object.entries(help).map(([name, text]) => [name, { help: text }]);
  const asks: S3Preset["asks"] = Object.fromEntries(own);
  return {
    ...asks,
    storageClass: { suggestions: Object.fromEntries(kept) },
    ...(endpoint !== undefined && {
      endpoint: {
        advanced: true,
        placeholder: endpoint.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase()),
        help: "Leave empty for the usual address.",
      },
    }),
    ...(offered && {
      region: {
        help: "Where the bucket is. Choose, or type another.",
        ...asks.region,
        placeholder: Object.keys(offered)[0] ?? "",
        suggestions: offered,
        unless: "endpoint",
      },
    }),
    ...(account && { account: { ...account, unless: "endpoint" } }),
  };
}
