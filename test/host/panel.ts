import type { FrameLocator, Locator } from "playwright-core";
import { until } from "./waiting.ts";
import type { Workbench } from "./workbench.ts";

/** A panel of properties or settings, as somebody reads and fills it in. */
export class PanelPage {
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  get page(): FrameLocator {
    return this.#workbench.webview;
  }

  /** Waits until what is shown is about this. */
  async about(heading: string): Promise<void> {
    await this.page.locator("h1", { hasText: heading }).waitFor();
  }

  /** What is shown under a label. */
  async fact(label: string): Promise<string> {
    const term = this.page.locator("dt", { hasText: label });
    return await term.locator("xpath=following-sibling::dd[1]").locator(".fact").innerText();
  }

  field(id: string): Locator {
    return this.page.locator(`[id="${id}"] input`);
  }

  /** Waits until a field holds this. */
  async holds(id: string, value: string): Promise<void> {
    await until(`${id} is ${value}`, async () => (await this.field(id).inputValue()) === value);
  }

  /** Adds a row to a table of names and values. */
  async addPair(id: string, name: string, value: string): Promise<void> {
    const table = this.page.locator(".field", { has: this.page.locator(`[id="${id}"]`) });
    await table.locator("vscode-button", { hasText: "Add" }).click();
    const inputs = table.locator(".pair").last().locator("input");
    await inputs.first().fill(name);
    await inputs.last().fill(value);
  }

  /** Chooses from a list by a part of the option's text. */
  async select(id: string, option: string): Promise<void> {
    await this.page.locator(`[id="${id}"]`).click();
    await this.page.locator(`[id="${id}"]`).getByRole("option", { name: option }).click();
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  /** Presses Save and returns what the panel says in the end. */
  async save(): Promise<string> {
    await this.press("Save");
    const result = this.page.locator(".result.good, .result.bad");
    await result.waitFor();
    return await result.innerText();
  }
}
