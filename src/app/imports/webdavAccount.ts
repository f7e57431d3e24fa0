import type { Answers } from "../../storage/provider.ts";
import { providerOf } from "../../storage/registry.ts";
import { type Found, type Source, stated } from "./found.ts";

/** A WebDAV account as other programs describe one. Absent and empty mean the same. */
export interface WebdavAccount {
  /** Of a folder. */
  readonly url: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Signs in in the place of user and password. */
  readonly token?: string | undefined;
  /** The preset that the other program names. */
  readonly preset?: string | undefined;
}

/** The connection to a WebDAV account, with the preset of the service that its address belongs to. */
export function webdavConnection(
  named: { readonly source: Source; readonly name: string },
  { url, user, password, token, preset: told }: WebdavAccount,
): Found {
  if (url === undefined) return { type: "unusable", ...named, reason: "bad-address" };
  // Services with a preset take user and password only.
  const { preset, answers } = placeAt(url.replace(/\/+$/, ""), token ? "other" : told);
  const auth = token ? { auth: "bearer" } : {};
  return {
    type: "connection",
    ...named,
    provider: "webdav",
    preset,
    answers: stated({ ...answers, user, password, token, ...auth }),
  };
}

/** The service at a folder's address: by the address if that is one service's, else as it is told. */
function placeAt(
  url: string,
  told: string | undefined,
): { readonly preset: string; readonly answers: Answers } {
  const found = told === "other" ? undefined : providerOf("webdav")?.recognise?.(`${url}/`);
  const own = presetCalled(found?.preset);
  if (own?.values["url"] !== undefined)
    return { preset: own.id, answers: { ...own.values, ...found?.values } };
  const preset = serverCalled(told) ?? own;
  return { preset: preset?.id ?? "other", answers: { ...preset?.values, url } };
}

function presetCalled(id: string | undefined) {
  return providerOf("webdav")?.presets.find((preset) => preset.id === id);
}

/** A program that runs anywhere, of which its name says more than the address. */
function serverCalled(id: string | undefined) {
  const preset = presetCalled(id);
  return preset?.values["url"] === undefined ? preset : undefined;
}
