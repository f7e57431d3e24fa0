import { randomBytes } from "node:crypto";
import { env, l10n, Uri, type Webview, type WebviewPanel } from "vscode";

/** Gives the panel our icon, and its page leave to run our scripts. */
export function dressPanel(panel: WebviewPanel, extensionUri: Uri): void {
  const icon = (theme: string) => Uri.joinPath(extensionUri, "media", `offsite-${theme}.svg`);
  panel.iconPath = { light: icon("light"), dark: icon("dark") };
  panel.webview.options = {
    enableScripts: true,
    localResourceRoots: ["dist", "media"].map((folder) => Uri.joinPath(extensionUri, folder)),
  };
}

/**
 * The HTML of a web view that runs `dist/<name>.js` with `dist/<name>.css`, and nothing else: its
 * policy lets in no other script, style or address.
 */
export function webviewPage(
  webview: Webview,
  extensionUri: Uri,
  { name, title }: { readonly name: string; readonly title: string },
): string {
  const nonce = randomBytes(16).toString("base64");
  const uri = (file: string) =>
    String(webview.asWebviewUri(Uri.joinPath(extensionUri, "dist", file)));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${l10n.bundle ? env.language : "en"}">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${uri(`${name}.css`)}" id="vscode-codicon-stylesheet">
  <title>${escaped(title)}</title>
</head>
<body>
  <main id="form"></main>
  <script nonce="${nonce}" src="${uri(`${name}.js`)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
