/** Addresses of remote files in this VS Code. They hold no secret. */
import { Uri } from "vscode";
import { type Location, pathOf, pathOfObject } from "../app/location.ts";
import type { Address } from "../app/files/remoteFiles.ts";

/** The scheme under which objects open in editors. */
export const scheme = "offsite";

/** The same files where they cannot be changed: VS Code says why for a whole scheme, not for a file. */
export const readOnlyScheme = "offsite-readonly";

/** The address of an object or folder. */
export function uriOf(location: Location, isWritable = true): Uri {
  return uriAt({ connection: location.connection, path: pathOf(location) }, isWritable);
}

/** Of an object: a key that ends in `/` may be a folder's, too. */
export function uriOfObject(location: Location, isWritable = true): Uri {
  return uriAt({ connection: location.connection, path: pathOfObject(location) }, isWritable);
}

export function uriAt({ connection, path }: Address, isWritable = true): Uri {
  return Uri.from({ scheme: isWritable ? scheme : readOnlyScheme, authority: connection, path });
}

export function addressAt({ authority, path }: Uri): Address {
  return { connection: authority, path: path === "/" ? path : path.replace(/\/$/, "") };
}

export function isRemote(uri: Uri): boolean {
  return uri.scheme === scheme || uri.scheme === readOnlyScheme;
}
