import type { Provider } from "./provider.ts";
import { folder } from "./providers/folder/folder.ts";
import { s3 } from "./providers/s3/s3.ts";
import { webdav } from "./providers/webdav/webdav.ts";

/** Every provider, in the order the picker shows them. Adding one is one import and one word. */
export const providers: readonly Provider[] = [s3, webdav, folder];

/** The provider called `id`, if this version has it. */
export function providerOf(id: string): Provider | undefined {
  return providers.find((provider) => provider.id === id);
}
