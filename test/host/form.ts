import type { FrameLocator, Locator } from "playwright-core";
import type { Workbench } from "./workbench.ts";

/** The connection form, as somebody fills it in. */
export class ConnectionForm {
  readonly #workbench: Workbench;

  constructor(workbench: Workbench) {
    this.#workbench = workbench;
  }

  get page(): FrameLocator {
    return this.#workbench.webview;
  }

  /** Chooses a service from the list by its name. */
  async choose(service: string | RegExp): Promise<void> {
    await this.page.getByRole("option", { name: service }).first().click();
    await this.button("Verify").waitFor();
  }

  /** Looks for a service in the list. */
  async search(text: string): Promise<void> {
    await this.page.locator(".picker input").fill(text);
  }

  /** Pastes a text into the box above the fields, and is told what has come of it. */
  async paste(text: string, told = "Filled in from what you pasted."): Promise<void> {
    await this.page.locator("#paste input").fill(text);
    await this.page.locator("#paste input").blur();
    await this.page.getByText(told).waitFor();
  }

  /** What is in the field of this name. */
  async value(field: string): Promise<string> {
    return await this.page.locator(`#${field} input`).inputValue();
  }

  /** Takes one of the answers that the field of this name suggests. */
  async suggest(field: string, suggestion: string): Promise<void> {
    await this.page.locator(`#${field} .arrow`).click();
    await this.page.locator(".suggestion", { hasText: suggestion }).click();
  }

  /** Types into the field of this name, as the provider declares it. */
  async fill(field: string, text: string): Promise<void> {
    await this.page.locator(`#${field} input`).fill(text);
    // A change counts when the field is left.
    await this.page.locator(`#${field} input`).blur();
  }

  /** Fills in several fields. */
  async fillAll(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [field, text] of Object.entries(fields)) await this.fill(field, text);
  }

  /** Chooses from the list of this name. */
  async select(field: string, option: string): Promise<void> {
    await this.page.locator(`#${field}`).click();
    await this.page.locator(`#${field}`).getByRole("option", { name: option }).click();
  }

  button(name: string): Locator {
    return this.page.locator("vscode-button", { hasText: name });
  }

  /** Presses Verify and returns what the form says in the end. */
  async verify(): Promise<{ ok: boolean; text: string }> {
    await this.button("Verify").click();
    const result = this.page.locator(".result.good, .result.bad");
    await result.waitFor();
    const classes = (await result.getAttribute("class")) ?? "";
    return { ok: classes.includes("good"), text: await result.innerText() };
  }

  /** What is wrong with a field, according to the form. */
  problem(field: string): Locator {
    return this.page.locator(".field", { has: this.page.locator(`#${field}`) }).locator(".problem");
  }

  async save(): Promise<void> {
    await this.button("Save").click();
  }
}

/** Opens the form for a new connection. */
export async function newConnection(workbench: Workbench): Promise<ConnectionForm> {
  await workbench.command("Offsite: Add Connection…");
  const form = new ConnectionForm(workbench);
  await form.page.getByRole("listbox").waitFor();
  return form;
}
