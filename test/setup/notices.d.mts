export function thirdPartyNotices(
  outputs: readonly { readonly inputs: Readonly<Record<string, unknown>> }[],
): string;
