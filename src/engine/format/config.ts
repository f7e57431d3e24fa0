import { randomBytes } from "node:crypto";
import { jsonObject } from "../../base/json.ts";
import { RepositoryError } from "../errors.ts";
import { idPattern } from "./layout.ts";
import { chunkerDegree, degree, isIrreducible, randomPolynomial } from "./polynomial.ts";

/** What the `config` file says: fixed for the life of a repository. */
export interface Config {
  /** 1 or 2. */
  readonly version: number;
  readonly id: string;
  /** Decides where files are cut. */
  readonly polynomial: bigint;
}

/** The newest format this program reads and writes. */
const newestVersion = 2;

export async function newConfig(version = newestVersion): Promise<Config> {
  return { version, id: randomBytes(32).toString("hex"), polynomial: await randomPolynomial() };
}

export function configText({ version, id, polynomial }: Config): string {
  return JSON.stringify({ version, id, chunker_polynomial: polynomial.toString(16) });
}

/** Fails with `too-new` or `damaged`. */
export function parseConfig(text: string): Config {
  const value = jsonObject(text);
  if (!value) throw damaged("is not a JSON object");
  const { version, id, chunker_polynomial: polynomial } = value;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
    throw damaged("has no version");
  if (version > newestVersion)
    throw new RepositoryError("too-new", `the repository has format ${version}`, { version });
  if (typeof id !== "string" || !idPattern.test(id)) throw damaged("has no id");
  if (typeof polynomial !== "string" || !/^[0-9a-f]{1,16}$/.test(polynomial))
    throw damaged("has no chunker polynomial");
  const parsed = BigInt(`0x${polynomial}`);
  if (degree(parsed) !== chunkerDegree || !isIrreducible(parsed))
    throw damaged("has a chunker polynomial that is not irreducible");
  return { version, id, polynomial: parsed };
}

function damaged(what: string): RepositoryError {
  return new RepositoryError("damaged", `the config file ${what}`, { file: "config" });
}
