/** The words of the connection form that are not a provider's. */
import { l10n } from "vscode";
import type { StepName, VerifyStep } from "../../app/connections/verify.ts";
import { isStorageError } from "../../storage/errors.ts";
import { explain } from "../messages.ts";
import type { Form, FormWords, StepShown } from "./formMessages.ts";

/** Above a form that came back with what had been typed. */
export function keptText({ fields }: Form): string {
  return fields.some(({ field }) => field.type === "secret")
    ? l10n.t("What you had typed is here again, but no secrets: those are never kept unsaved.")
    : l10n.t("What you had typed is here again.");
}

/** Above one whose connection is no more. */
export function removedText(): string {
  return l10n.t("This connection was removed. Save makes a new one of what you had typed.");
}

/** Why a service did not fill in what it knows itself. */
export function unansweredText(error: unknown, missing: (field: string) => string): string {
  if (isStorageError(error, "invalid") && error.details.field !== undefined)
    return missing(error.details.field);
  if (isStorageError(error, "signed-out"))
    return l10n.t("The service does not know this access key.");
  return l10n.t("The service gave no answer. Its own pages show the endpoint, too.");
}

/** A step of verifying, as the page shows it. */
export function stepShown(step: VerifyStep): StepShown {
  const { step: name, state } = step;
  if (state === "done" && step.ms !== undefined)
    return { step: name, state, text: l10n.t("{0} ms", Math.round(step.ms)) };
  if (state !== "failed") return { step: name, state };
  const field = isStorageError(step.error) ? step.error.details.field : undefined;
  const text = explain(step.error, l10n.t)?.text;
  return { step: name, state, ...(field !== undefined && text && { problem: { field, text } }) };
}

/** One line on how verifying went; why it failed, unless that stands under a field already. */
export function outcomeText(told: readonly VerifyStep[], cancelled: boolean): string {
  if (cancelled) return l10n.t("Verifying was cancelled.");
  const failed = told.find((step) => step.state === "failed");
  if (failed) return failureOf(failed);
  const skipped = told.find((step) => step.state === "skipped");
  switch (skipped?.reason) {
    case "no-container":
      return l10n.t("The connection works. Writing was not tried, because no bucket is given.");
    case "read-only":
      return l10n.t("The connection works, read-only.");
    case "failed-before":
    case "cancelled":
    case undefined:
      return l10n.t("The connection works.");
  }
}

function failureOf({ step, error }: Extract<VerifyStep, { state: "failed" }>): string {
  const field = isStorageError(error) ? error.details.field : undefined;
  const why = field === undefined ? explain(error, l10n.t)?.text : l10n.t("See the marked field.");
  return [failedStep(step), why].join(" ");
}

function failedStep(step: StepName): string {
  switch (step) {
    case "reach":
      return l10n.t("Reaching the storage failed.");
    case "sign-in":
      return l10n.t("Signing in failed.");
    case "list":
      return l10n.t("Listing failed.");
    case "write":
      return l10n.t("Writing failed.");
    case "read":
      return l10n.t("Reading back failed.");
    case "delete":
      return l10n.t("Deleting the probe failed.");
  }
}

/** What the page says by itself. */
export function formWords(): FormWords {
  return {
    search: l10n.t("Search services"),
    searchEmpty: l10n.t("No service of that name. “Other” kinds work with any address."),
    suggestions: l10n.t("Suggestions"),
    chooseFirst: l10n.t("Where is your storage?"),
    change: l10n.t("Change…"),
    paste: l10n.t("Paste an endpoint, console URL, s3:// address or command"),
    pasteHelp: l10n.t("Optional. What can be read from it is filled in for you."),
    createKey: l10n.t("Create or find the key at the provider"),
    advanced: l10n.t("Advanced"),
    name: l10n.t("Name"),
    nameHelp: l10n.t("As the Connections view shows it."),
    readOnly: l10n.t("Read-only"),
    readOnlyHelp: l10n.t("Browse and restore, but never change anything there."),
    secretSet: l10n.t("Saved"),
    replace: l10n.t("Replace"),
    forget: l10n.t("Remove"),
    keep: l10n.t("Keep the Saved One"),
    secretForgotten: l10n.t("Will be removed"),
    lookUp: l10n.t("Find by Access Key"),
    browse: l10n.t("Browse…"),
    verify: l10n.t("Verify"),
    stop: l10n.t("Stop"),
    save: l10n.t("Save"),
    cancel: l10n.t("Cancel"),
    unverified: l10n.t("Not verified yet. It can be saved all the same."),
    optional: l10n.t("optional"),
    fixProblems: l10n.t("Something is missing or cannot be right. See above."),
    ...stepWords(),
  };
}

function stepWords(): Readonly<Record<`step.${StepName}`, string>> {
  return {
    "step.reach": l10n.t("Reach"),
    "step.sign-in": l10n.t("Sign in"),
    "step.list": l10n.t("List"),
    "step.write": l10n.t("Write"),
    "step.read": l10n.t("Read back"),
    "step.delete": l10n.t("Delete"),
  };
}
