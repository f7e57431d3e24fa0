/**
 * A person at VS Code, as an object: finds things by what is written on them, clicks, types and
 * reads. Every wait is for something visible; nothing waits for time to pass.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { BrowserContext, FrameLocator, Locator, Page } from "playwright-core";
import { freePort } from "../servers/process.ts";
import { launchBrowser } from "./browser.ts";
import type { Development } from "./developmentProxy.ts";
import { startServer, type Server } from "./server.ts";
import { exactly, isGone, isThere, patienceMs, settles, until } from "./waiting.ts";

export interface WorkbenchOptions {
  /**
   * The machine: VS Code's settings, state and extensions, and the browser with its secrets. The
   * same root again is the same machine later, another root is another machine.
   */
  readonly root: string;
  /** A folder or `.code-workspace` file; none opens an empty window. */
  readonly workspace?: string;
  /** A packaged extension, installed as a person would. */
  readonly vsix?: string;
  /** Or extensions run from their source folders. */
  readonly development?: Development;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Opens VS Code on a machine and waits until it can be used. The caller must close it. */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  mkdirSync(options.root, { recursive: true });
  const server = await startServer({ ...options, port: await portOf(options.root) });
  let browser: BrowserContext | undefined;
  try {
    browser = await launchBrowser(join(options.root, "browser"));
    browser.setDefaultTimeout(patienceMs);
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(server.open(options.workspace));
    const workbench = new Workbench(page, browser, server, options.root);
    await workbench.ready();
    return workbench;
  } catch (error) {
    await browser?.close();
    await server.stop();
    throw error;
  }
}

/** A machine keeps its port: to a browser, another port is another site without our secrets. */
async function portOf(root: string): Promise<number> {
  const file = join(root, "port");
  if (!existsSync(file)) writeFileSync(file, String(await freePort()));
  return Number(readFileSync(file, "utf8"));
}

/** The colour themes that our pictures are taken in. */
export const themes = {
  dark: { label: "Dark Modern", file: "dark_modern" },
  light: { label: "Light Modern", file: "light_modern" },
  contrast: { label: "Dark High Contrast", file: "hc_black" },
};

export class Workbench {
  readonly page: Page;
  readonly browser: BrowserContext;
  readonly server: Server;
  readonly root: string;

  constructor(page: Page, browser: BrowserContext, server: Server, root: string) {
    this.page = page;
    this.browser = browser;
    this.server = server;
    this.root = root;
  }

  /** Resolves once the extension host has started and Offsite's icon is there. */
  async ready(): Promise<void> {
    await this.activityIcon.waitFor();
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** Loads the window again, as after an update: VS Code writes down first what was open. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.command("Developer: Reload Window");
    await loaded;
    await this.ready();
  }

  /** Another window beside this one, of this folder; its page is the caller's to close. */
  async anotherWindow(folder: string): Promise<Workbench> {
    const page = await this.browser.newPage();
    await page.goto(this.server.open(folder));
    const other = new Workbench(page, this.browser, this.server, this.root);
    await other.ready();
    return other;
  }

  /** Changes one of the user's settings. It counts once the window is loaded again. */
  setting(name: string, value: unknown): void {
    const file = join(this.root, "user", "User", "settings.json");
    const settings: unknown = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify(Object.assign({}, settings, { [name]: value })));
  }

  // — Offsite's side bar —

  get activityIcon(): Locator {
    return this.page.locator('.activitybar .action-label[aria-label^="Offsite"]').first();
  }

  /** Shows Offsite's views. */
  async openOffsite(): Promise<void> {
    // A click on the icon would hide them again if VS Code had just restored them.
    await this.command("Offsite: Focus on Connections View");
    await this.view("Connections").waitFor();
  }

  /** One view of the side bar, by its title: `Connections`, `Backups`. */
  view(title: string): Locator {
    const header = this.page.locator(".pane-header .title", { hasText: exactly(title) });
    return this.page.locator(".part.sidebar .pane", { has: header });
  }

  /** The row of a view whose label is exactly this. */
  row(view: string, label: string): Locator {
    const name = this.page.locator(".label-name", { hasText: exactly(label) });
    return this.view(view).locator(".monaco-list-row").filter({ has: name }).first();
  }

  /** Opens a row's children and the ones below, one after the other, and returns the last row. */
  async expand(view: string, ...path: readonly string[]): Promise<Locator> {
    let row = this.row(view, path[0] ?? "");
    for (const label of path) {
      row = this.row(view, label);
      await row.waitFor();
      await this.unfold(row);
    }
    return row;
  }

  /** Opens a row's children, if they are hidden. */
  async unfold(row: Locator): Promise<void> {
    const isOpen = row.and(this.page.locator('[aria-expanded="true"]'));
    // A row that VS Code has opened by itself in the meantime is closed by the click.
    for (let tries = 0; tries < 5; tries++) {
      if ((await row.getAttribute("aria-expanded")) !== "false") return;
      await row.locator(".monaco-tl-twistie").click();
      if (await isThere(isOpen)) return;
    }
    throw new Error("the row does not open");
  }

  /** Labels of all rows of a view that are on the screen. */
  async labels(view: string): Promise<string[]> {
    return await this.view(view).locator(".monaco-list-row .label-name").allInnerTexts();
  }

  /** Clicks an icon that appears on a row under the mouse. */
  async rowAction(row: Locator, label: string): Promise<void> {
    await row.hover();
    await row.locator(`.action-label[aria-label^="${label}"]`).click();
  }

  /** Clicks an icon in a view's title. */
  async viewAction(view: string, label: string): Promise<void> {
    await this.view(view).locator(".pane-header").hover();
    await this.view(view).locator(`.pane-header .action-label[aria-label^="${label}"]`).click();
  }

  /** Chooses from a row's context menu. */
  async menu(row: Locator, item: string): Promise<void> {
    const entry = this.openMenu.locator(".action-label", { hasText: exactly(item) });
    for (let tries = 0; tries < 3; tries++) {
      await row.click({ button: "right" });
      if (await settles(entry.click({ timeout: 5_000 }))) {
        // A menu ignores what is clicked in its very first moment.
        if (!(await isGone(this.openMenu))) await settles(entry.click({ timeout: 1_000 }));
        return;
      }
      // What was opened before has taken the focus by now, and the menu went.
      await this.page.keyboard.press("Escape");
    }
    throw new Error(`no entry ${item}`);
  }

  /** Waits until keys are about the rows of a view: what was open before hands the focus back late. */
  async atRows(view: string): Promise<void> {
    await this.view(view).locator(".monaco-list:focus").waitFor();
  }

  get openMenu(): Locator {
    return this.page.locator(".monaco-menu").last();
  }

  // — Commands and questions —

  /** The palette, a pick or an input box: whatever asks at the top of the window. */
  get quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible");
  }

  get quickInputField(): Locator {
    return this.quickInput.locator(".quick-input-box input").first();
  }

  /** Runs a command of the palette by its title, for instance `Offsite: Back Up Workspace`. */
  async command(title: string): Promise<void> {
    const found = this.quickInput.locator(".monaco-list-row", { hasText: title }).first();
    // The palette knows the commands there were when it was opened; extensions bring theirs later.
    for (let tries = 0; tries < 10; tries++) {
      await this.page.keyboard.press("F1");
      // What has just been saved or renamed takes the focus, and the palette closes.
      await settles(this.quickInputField.fill(`>${title}`, { timeout: 5_000 }));
      const chosen = async () => await settles(found.click({ timeout: 5_000 }));
      if ((await isThere(found)) && (await chosen())) return;
      await this.page.keyboard.press("Escape");
    }
    throw new Error(`no command ${title}`);
  }

  /** Waits for a question with this title or placeholder. */
  async asked(title: string): Promise<void> {
    const heading = this.quickInput.locator(".quick-input-title", { hasText: title });
    const placeholder = this.quickInput.locator(`input[placeholder*="${title}"]`);
    const message = this.quickInput.locator(".quick-input-message", { hasText: title });
    await heading.or(placeholder).or(message).first().waitFor();
  }

  /** Chooses the item of the open pick that contains this text. */
  async pick(text: string): Promise<void> {
    await this.quickInput.locator(".monaco-list-row", { hasText: text }).first().click();
  }

  /** Types an answer into the open input box. */
  async answer(text: string): Promise<void> {
    await this.quickInputField.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Types the path of something that exists into the open file dialog, and chooses it. */
  async choosePath(path: string): Promise<void> {
    const dialog = await this.#fileDialog();
    const found = this.quickInput.locator(".monaco-list-row.focused", { hasText: basename(path) });
    // Enter takes what the dialog has found, and it only searches the folder it has listed by then.
    for (let tries = 0; tries < 20 && !(await found.isVisible()); tries++) {
      await this.quickInputField.fill(join(dirname(path), "/"));
      await this.quickInputField.pressSequentially(basename(path), { delay: 20 });
      await settles(found.waitFor({ timeout: 500 }));
    }
    await found.waitFor();
    await this.page.keyboard.press("Enter");
    // A folder is first entered, then chosen.
    for (let tries = 0; tries < 10 && !(await isGone(dialog)); tries++)
      if (statSync(path).isDirectory()) await this.page.keyboard.press("Enter");
  }

  /** Types the path of a new file into the open file dialog, and saves there. */
  async saveAs(path: string): Promise<void> {
    const dialog = await this.#fileDialog();
    // Until the dialog has listed its folder it takes no answer.
    for (let tries = 0; tries < 10; tries++) {
      await this.quickInputField.fill(path);
      await this.page.keyboard.press("Enter");
      if (await isGone(dialog)) return;
    }
    throw new Error(`the dialog does not save to ${path}`);
  }

  /** The file dialog, once it shows a folder: by its title, for a question may come right after it. */
  async #fileDialog(): Promise<Locator> {
    // Right before it there may be a question, too: only the dialog begins with a path.
    await until("the file dialog is open", async () => {
      const value = this.quickInputField.inputValue({ timeout: 1_000 });
      return (await value.catch(() => "")).startsWith("/");
    });
    await this.quickInput.locator(".monaco-list-row").first().waitFor();
    const title = await this.quickInput.locator(".quick-input-title").innerText();
    return this.quickInput.locator(".quick-input-title", { hasText: exactly(title) });
  }

  // — Messages —

  /** The notification that contains this text, as long as it is shown: some seconds. */
  notification(text: string | RegExp): Locator {
    return this.page.locator(".notifications-toasts .notification-toast", { hasText: text }).last();
  }

  /** Waits until this has been said. What has gone, or was crowded out by others, lies behind the bell. */
  async told(text: string | RegExp): Promise<void> {
    await until(`somebody says ${text}`, async () => {
      if (await settles(this.notification(text).waitFor({ timeout: 10_000 }))) return true;
      return await this.#behindTheBell(async (rows) => await isThere(rows(text)));
    });
  }

  /** Presses a button of the notification that contains this text, also if it lies behind the bell. */
  async press(text: string | RegExp, button: string): Promise<void> {
    const named = { name: button, exact: true } as const;
    const toast = this.notification(text).getByRole("button", named);
    if (await settles(toast.click({ timeout: 10_000 }))) return;
    await this.#behindTheBell(async (rows) => {
      await rows(text).hover();
      await rows(text).getByRole("button", named).click();
    });
  }

  /** Does something with the list of all notifications, given a way to the row that contains a text. */
  async #behindTheBell<T>(
    use: (rows: (text: string | RegExp) => Locator) => Promise<T>,
  ): Promise<T> {
    await this.command("Notifications: Show Notifications");
    const center = this.page.locator(".notifications-center");
    const result = await use((text) =>
      center.locator(".monaco-list-row", { hasText: text }).last(),
    );
    // What comes later would not be shown while the list is.
    await settles(center.locator(".codicon-notifications-hide").click({ timeout: 1_000 }));
    return result;
  }

  async clearNotifications(): Promise<void> {
    await this.command("Notifications: Clear All Notifications");
    await this.page.locator(".notification-toast").first().waitFor({ state: "detached" });
  }

  /** The modal dialog. */
  get dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Presses a button of the modal dialog. */
  async confirm(button: string): Promise<void> {
    await this.dialog.getByRole("button", { name: button }).click();
  }

  // — Editors, web views, the status bar —

  tab(name: string): Locator {
    return this.page.locator(".tab", { hasText: name });
  }

  /** The editor in front, once it is that of a file of this name. */
  editor(name: string): Locator {
    const editors = this.page.locator(".editor-group-container.active .monaco-editor");
    return editors.and(this.page.locator(`[data-uri$="/${encodeURI(name)}"]`)).first();
  }

  /** Waits until the editor in front shows a text like this, and returns what of it is on the screen. */
  async editorText(like: RegExp): Promise<string> {
    const lines = this.page.locator(".editor-group-container.active .view-line");
    const read = async () =>
      await lines.evaluateAll((elements) =>
        // VS Code adds lines to the page as they are drawn, not as they follow each other.
        elements
          .toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
          .map((element) => element.textContent)
          .join("\n"),
      );
    let text = "";
    await until(`the editor shows ${like}`, async () => {
      // It draws blanks as non-breaking ones.
      text = (await read()).replaceAll("\u00a0", " ");
      return like.test(text);
    });
    return text;
  }

  /** The content of the web view in front. */
  get webview(): FrameLocator {
    // While one takes the place of another, both are there for a moment.
    const inFront = this.page.locator("iframe.webview.ready").last().contentFrame();
    return inFront.frameLocator("iframe#active-frame");
  }

  /** Offsite's item in the status bar. */
  get status(): Locator {
    return this.page.locator('.statusbar-item[id^="offsite.offsite"]').first();
  }

  // — Looks —

  /** Changes the colour theme and waits until it is drawn. */
  async theme(theme: keyof typeof themes): Promise<void> {
    const { label, file } = themes[theme];
    await this.command("Preferences: Color Theme");
    await this.asked("Select Color Theme");
    await this.quickInputField.fill(label);
    await this.quickInput.locator(".monaco-list-row.focused", { hasText: label }).waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(`.monaco-workbench[class*="${file}"]`).waitFor();
  }

  /** Takes a picture of the window: `screenshots/<name>.png`. */
  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(picturesDirectory, `${name}.png`) });
  }
}

const picturesDirectory = join(import.meta.dirname, "..", "..", "screenshots");
