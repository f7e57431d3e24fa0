/** What is asked of a connection to a server, in the same words for all protocols. */
export function serverFields(parallel: { readonly default: number; readonly max: number }) {
  return {
    verifyTls: {
      type: "flag",
      label: "Verify the server's certificate",
      help: "Turn off only for a server of your own: without it, others on the network can read the secrets and all traffic.",
      default: true,
      advanced: true,
    },
    timeout: {
      type: "number",
      label: "Timeout",
      help: "How long the server may stay silent.",
      default: 60,
      min: 1,
      max: 3600,
      unit: "seconds",
      advanced: true,
    },
    concurrency: {
      type: "number",
      label: "Parallel requests",
      min: 1,
      ...parallel,
      advanced: true,
    },
  } as const;
}
