import { isObject } from "../../base/json.ts";
import type { Answers } from "../../storage/provider.ts";

/** A saved way to a storage account, without its secrets. */
export interface Connection {
  /** Random and stable; secrets, URIs and workspace settings refer to it. Lower case. */
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly preset?: string;
  /** Without secrets. */
  readonly answers: Answers;
  readonly readOnly?: boolean;
  /** Containers somebody has named, because the key may not list them. */
  readonly containers?: readonly string[];
}

/** The connection that `value` describes, whoever wrote it; nothing if it describes none. */
export function readConnection(id: string, value: unknown): Connection | undefined {
  if (!isObject(value)) return undefined;
  const { name, provider, preset, answers, readOnly, containers } = value;
  if (typeof name !== "string" || typeof provider !== "string" || !isObject(answers))
    return undefined;
  return connectionOf({
    id,
    name,
    provider,
    preset,
    answers,
    readOnly: readOnly === true,
    containers: Array.isArray(containers)
      ? containers.filter((one) => typeof one === "string")
      : [],
  });
}

/** A connection without the properties that say nothing, so that equal ones look equal. */
export function connectionOf(given: {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly preset?: unknown;
  readonly answers: Answers;
  readonly readOnly?: boolean | undefined;
  readonly containers?: readonly string[] | undefined;
}): Connection {
  const { id, name, provider, preset, answers, readOnly, containers } = given;
  return {
    id,
    name,
    provider,
    ...(typeof preset === "string" && { preset }),
    answers,
    ...(readOnly && { readOnly }),
    ...(containers && containers.length > 0 && { containers }),
  };
}
