import { existsSync } from "node:fs";
import { chromium, type BrowserContext } from "playwright-core";

/** Opens a browser that keeps its cookies, storage and so VS Code's secrets in `profile`. */
export async function launchBrowser(profile: string): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(profile, {
    executablePath: browserPath(),
    headless: process.env["OFFSITE_HEADED"] !== "1",
    viewport: { width: 1280, height: 800 },
    timeout: 120_000,
    // A browser's own updates and suggestions reach for the network.
    args: flags.split(" "),
  });
}

const flags =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync " +
  "--disable-background-networking --disable-component-update";

/** The installed Chromium or Chrome. */
function browserPath(): string {
  const known = [
    process.env["CHROME_PATH"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  const found = known.find((path) => path !== undefined && existsSync(path));
  if (!found) throw new Error("no Chromium found; install it or name it in CHROME_PATH");
  return found;
}
