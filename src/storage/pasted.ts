/**
 * What a key in a pasted address is: the object it leads to, or the folder a connection is to begin
 * at. An address does not tell for sure; a name with an ending is taken for an object's.
 */
export function leadsTo(
  key: string,
  isObject = false,
): { readonly object?: string; readonly folder?: string } {
  const path = key.replace(/^\/+/, "");
  const folder = path.replace(/\/+$/, "");
  if (folder === "") return {};
  if (path === folder && (isObject || /[^/]\.[A-Za-z0-9]{1,8}$/.test(path)))
    return { object: path };
  const isPlain = folder.split("/").every((name) => name !== "." && name !== "..");
  return isPlain ? { folder } : {};
}

/** Of a part of a web address; as it is where it is badly encoded. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
