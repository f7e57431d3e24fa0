import type { Provider, Answers } from "./provider.ts";
import { Storage } from "./storage.ts";

export interface Target {
  readonly provider: Provider;
  readonly preset?: string;
  readonly answers: Answers;
  /** The connection's name, for errors and the log. */
  readonly name?: string;
}

/** The only place where drivers are made and layers are stacked. */
export async function openStorage(target: Target, log: (line: string) => void): Promise<Storage> {
  const driver = await target.provider.open(target.answers);
  log(`open ${target.provider.id}`);
  return new Storage(driver, target.name);
}
