import { RepositoryError } from "../errors.ts";

/** The error that says which file is damaged, made of one that says how. */
export function damagedFile(file: string, cause: unknown): RepositoryError {
  const how = cause instanceof Error ? cause.message : String(cause);
  return new RepositoryError("damaged", `${file} is damaged: ${how}`, { file, cause });
}
