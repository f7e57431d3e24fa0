/**
 * Saves the connections of the demo, named in `OFFSITE_DEMO`, through what Offsite hands out in
 * development mode only. It is an extension of its own so that the product itself never takes a
 * connection or a secret from its environment.
 */
const { extensions } = require("vscode");

exports.activate = async () => {
  const drafts = JSON.parse(process.env.OFFSITE_DEMO ?? "[]");
  const { connections } = await extensions.getExtension("offsite.offsite").activate();
  for (const draft of drafts) await connections.save(draft);
};
