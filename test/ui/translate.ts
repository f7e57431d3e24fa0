import type { Translate } from "../../src/ui/words.ts";

/** Leaves the language as it is and fills the places. */
export const plain: Translate = (message, ...values) =>
  message.replace(/\{(\d+)\}/g, (_, index: string) => String(values[Number(index)]));
