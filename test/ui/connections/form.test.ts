import assert from "node:assert/strict";
import { defineProvider } from "../../../src/storage/provider.ts";
import { memoryDriver } from "../../../src/storage/providers/memory.ts";
import { providers } from "../../../src/storage/registry.ts";
import {
  choices,
  draftOf,
  formAfterPaste,
  refusalOfPaste,
  formAfterPick,
  formOf,
  nameFor,
  pastedAt,
} from "../../../src/ui/connections/form.ts";
import { s3 } from "../../../src/storage/providers/s3/s3.ts";
import {
  parseFromPage,
  type Form,
  type FormDraft,
} from "../../../src/ui/connections/formMessages.ts";

const store = defineProvider({
  id: "store",
  label: "Stores",
  icon: "cloud",
  noun: "object",
  container: "bucket",
  fields: {
    endpoint: { type: "text", label: "Endpoint", format: "url" },
    bucket: { type: "text", label: "Bucket", help: "General help." },
    secret: { type: "secret", label: "Secret", required: true },
    token: { type: "secret", label: "Token" },
    style: { type: "choice", label: "Style", options: { a: "A", b: "B" }, default: "a" },
    timeout: { type: "number", label: "Timeout", default: 30, min: 1, max: 60, advanced: true },
  },
  presets: [
    {
      id: "big",
      label: "Big Store",
      values: { endpoint: "https://big.example", style: "b" },
      hide: ["endpoint", "style"],
      asks: { bucket: { help: "Its own help." } },
      keysPage: "https://big.example/keys",
    },
    { id: "other", label: "Other Store", values: {}, requires: ["endpoint"] },
  ],
  recognise: (text) =>
    text.startsWith("store://")
      ? { preset: "other", values: { bucket: text.slice(8) } }
      : undefined,
  place: ({ endpoint }) => endpoint ?? "",
  open: async () => memoryDriver(),
});
const plain = defineProvider({
  id: "plain",
  label: "Plain",
  icon: "folder",
  noun: "file",
  fields: { path: { type: "text", label: "Folder", required: true } },
  presets: [],
  place: ({ path }) => path,
  open: async () => memoryDriver(),
});
const all = [store, plain];
const none = new Set<string>();

function draft(choice: string, answers: FormDraft["answers"] = {}): FormDraft {
  return { choice, name: "", readOnly: false, answers };
}

function values(form: Form | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(form?.fields.map(({ name, value }) => [name, value]) ?? []);
}

describe("the connection form", () => {
  it("offers services under their own names, and a provider without presets under its", () => {
    assert.deepEqual(
      choices(all).map(({ id, label, group }) => [id, label, group]),
      [
        ["store/big", "Big Store", "Stores"],
        ["store/other", "Other Store", "Stores"],
        ["plain", "Plain", ""],
      ],
    );
  });

  it("asks only what the chosen service needs, in its words", () => {
    const form = formAfterPick(all, "store/big", draft(""), none);
    assert.deepEqual(Object.keys(values(form)), ["bucket", "secret", "token", "timeout"]);
    assert.equal(form?.fields[0]?.field.help, "Its own help.");
    assert.equal(form?.keysPage, "https://big.example/keys");
    assert.equal(form?.suggestedName, "Big Store https://big.example");
  });

  it("suggests a name that a service's own long path leaves readable", () => {
    const answers = { url: "https://cloud.example.com", user: "ada" };
    const nextcloud = { ...draft("webdav/nextcloud"), answers };
    assert.equal(nameFor(providers, nextcloud), "Nextcloud cloud.example.com/…/ada");
  });

  it("marks as required what only the chosen service cannot do without", () => {
    const form = formAfterPick(all, "store/other", draft("store/big"), none);
    const required = form?.fields.filter(({ field }) => "required" in field && field.required);
    assert.deepEqual(
      required?.map(({ name }) => name),
      ["endpoint", "secret"],
    );
    assert.equal(form?.suggestedName, "Other Store");
  });

  it("answers hidden questions from the preset", () => {
    const made = draftOf(
      all,
      draft("store/big", { bucket: "photos", endpoint: "https://x.example" }),
      "7",
    );
    assert.deepEqual(made, {
      id: "7",
      name: "Big Store photos",
      provider: "store",
      preset: "big",
      answers: { endpoint: "https://big.example", style: "b", bucket: "photos" },
      readOnly: false,
    });
  });

  it("names a connection without a service for the last part of its place", () => {
    const name = (path: string) => draftOf(all, draft("plain", { path }), undefined)?.name;
    assert.deepEqual(["/mnt/nas/backups/", "C:\\Backups", "/"].map(name), [
      "backups",
      "Backups",
      "Plain",
    ]);
  });

  it("moves what was typed to another service of the same kind, and to no other", () => {
    const typed = draft("store/other", { bucket: "photos", timeout: 30, style: "a" });
    assert.equal(values(formAfterPick(all, "store/big", typed, none))["bucket"], "photos");
    assert.deepEqual(values(formAfterPick(all, "plain", typed, none)), { path: undefined });
  });

  it("never holds a secret, only that one is set", () => {
    const connection = {
      id: "1",
      name: "Mine",
      provider: "store",
      preset: "other",
      answers: { bucket: "photos", secret: "s3cret" },
    };
    const form = formOf(all, connection, new Set(["secret"]));
    assert.ok(!JSON.stringify(form).includes("s3cret"));
    const set = form.fields.filter(({ isSet }) => isSet).map(({ name }) => name);
    assert.deepEqual(set, ["secret"]);
  });

  it("shows saved answers again, and fills the rest with defaults", () => {
    const connection = {
      id: "1",
      name: "Mine",
      provider: "store",
      preset: "other",
      answers: { style: "b" },
    };
    const form = formOf(all, connection, none);
    assert.equal(form.choice, "store/other");
    assert.deepEqual([values(form)["style"], values(form)["timeout"]], ["b", 30]);
  });

  it("asks everything of a connection whose preset is gone", () => {
    const connection = { id: "1", name: "Mine", provider: "store", preset: "gone", answers: {} };
    assert.equal(formOf(all, connection, none).choice, "store/other");
  });

  it("fills in what a provider reads from a pasted text", () => {
    const form = formAfterPaste(all, "store://photos", draft("", {}), none)?.form;
    assert.deepEqual([form?.choice, values(form)["bucket"]], ["store/other", "photos"]);
  });

  it("takes any address for the chosen service that asks for one, and nothing else", () => {
    const form = formAfterPaste(all, "https://here.example", draft("store/other"), none)?.form;
    assert.equal(values(form)["endpoint"], "https://here.example");
    assert.equal(formAfterPaste(all, "https://here.example", draft("store/big"), none), undefined);
    assert.equal(formAfterPaste(all, "hello", draft("store/other"), none), undefined);
  });

  it("says why what was pasted cannot be reached, and names access points by their own names", () => {
    const refusal = (text: string) => refusalOfPaste(providers, text)?.details.subject;
    assert.equal(refusal("s3://photos--usw2-az1--x-s3/a"), "S3 Express One Zone");
    const point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/photos";
    assert.equal(refusal(point), undefined);
    const form = formAfterPaste(providers, point, draft(""), none)?.form;
    assert.deepEqual([values(form)["bucket"], form?.suggestedName], [point, "Amazon S3 photos"]);
  });

  it("knows a pasted folder and a Nextcloud address with the real providers", () => {
    const choice = (text: string) => formAfterPaste(providers, text, draft(""), none)?.form.choice;
    assert.equal(choice("/mnt/nas/backups"), "folder");
    assert.equal(choice("https://cloud.example/remote.php/dav/files/ann/"), "webdav/nextcloud");
    assert.equal(choice("davs://example.com/dav/"), "webdav/other");
    assert.equal(choice("s3://photos"), "s3/aws");
  });

  it("brings a secret within a pasted address to the field of its own, and nowhere else", () => {
    for (const [text, field, choice] of [
      ["https://AKID:hush%2Fhush@s3.eu-west-1.amazonaws.com/b", "secretAccessKey", ""],
      ["https://ann:hush%2Fhush@cloud.example/remote.php/dav/files/ann/", "password", ""],
      ["https://ann:hush%2Fhush@nobody.example/x", "password", ""],
      ["https://ann:hush%2Fhush@nobody.example/x", "password", "webdav/other"],
    ] as const) {
      const found = formAfterPaste(providers, text, draft(choice), none);
      assert.deepEqual(found?.secrets, { [field]: "hush/hush" }, text);
      assert.ok(!JSON.stringify(found.form).includes("hush"), text);
    }
    // Where no field is for it, it is dropped.
    const found = formAfterPaste(all, "https://a:hush@x.example/y", draft("store/other"), none);
    assert.equal(values(found?.form)["endpoint"], "https://x.example/y");
    assert.ok(!JSON.stringify(found).includes("hush"));
  });

  it("takes no signature for a part of an address", () => {
    const link = "https://files.example/a.jpg?OSSAccessKeyId=AK&Signature=hush#hush";
    const found = formAfterPaste(providers, link, draft("s3/minio"), none);
    assert.equal(values(found?.form)["endpoint"], "https://files.example/a.jpg");
    assert.ok(!JSON.stringify(found).includes("hush"));
  });

  it("keeps nothing of the place before when another is pasted", () => {
    const before = draft("s3/minio", {
      endpoint: "https://old.example",
      bucket: "old",
      accessKeyId: "AK",
      addressing: "path",
    });
    const { form } = formAfterPaste(
      providers,
      "https://fra1.digitaloceanspaces.com",
      before,
      none,
    )!;
    const { endpoint, bucket, region, accessKeyId } = values(form);
    assert.deepEqual([endpoint, bucket, region, accessKeyId], [undefined, undefined, "fra1", "AK"]);
    assert.match(form.suggestedName, /^DigitalOcean Spaces/);
    const inBucket = formAfterPaste(
      providers,
      "https://new.fra1.digitaloceanspaces.com",
      before,
      none,
    );
    assert.equal(inBucket?.form.suggestedName, "DigitalOcean Spaces new");
    const same = formAfterPaste(providers, "s3://new", before, none)?.form;
    assert.equal(values(same)["endpoint"], "https://old.example", "a bucket on the same server");
    assert.equal(values(same)["bucket"], "new");
  });

  it("fills in the folder that is pasted, and forgets the one before", () => {
    const answers = { endpoint: "https://here.example", bucket: "old", folder: "before" };
    const pasted = (text: string) =>
      values(formAfterPaste(providers, text, draft("s3/minio", answers), none)?.form);
    assert.equal(pasted("s3://photos/2026/")["folder"], "2026");
    assert.equal(pasted("s3://photos")["folder"], undefined);
    assert.equal(pasted("https://photos.fra1.digitaloceanspaces.com/a/b/")["folder"], "a/b");
    assert.equal(pasted("https://fra1.digitaloceanspaces.com")["folder"], undefined);
  });

  it("knows which object was pasted, as long as the connection leads to it", () => {
    const text = "https://photos.fra1.digitaloceanspaces.com/2026/summer/a.jpg";
    const { object } = formAfterPaste(providers, text, draft(""), none) ?? {};
    assert.ok(object);
    const at = (answers: Readonly<Record<string, string>>) =>
      pastedAt(s3, { id: "1", name: "", provider: "s3", answers }, object)?.key;
    const there = { region: "fra1", bucket: "photos" };
    assert.equal(at(there), "2026/summer/a.jpg");
    assert.equal(at({ ...there, folder: "2026" }), "summer/a.jpg");
    assert.equal(at({ ...there, folder: "2025" }), undefined);
    assert.equal(at({ ...there, bucket: "other" }), undefined);
    assert.equal(at({}), undefined);
  });

  it("moves an answer only to a service that asks for it in the same words", () => {
    const typed = draft("s3/b2", { region: "us-west-004", bucket: "photos", endpoint: "" });
    const other = values(formAfterPick(providers, "s3/wasabi", typed, none));
    assert.deepEqual([other["region"], other["bucket"]], [undefined, "photos"]);
    const own = draft("s3/minio", { endpoint: "https://here.example", region: "" });
    assert.equal(
      values(formAfterPick(providers, "s3/ceph", own, none))["endpoint"],
      "https://here.example",
    );
  });

  it("explains what can no longer be chosen, and lets nobody choose it", () => {
    const closed = choices(providers).filter(({ retired }) => retired !== undefined);
    assert.deepEqual(
      closed.map(({ id }) => id),
      ["s3/meituan", "s3/didi", "webdav/hubic"],
    );
    for (const { id } of closed)
      assert.equal(formAfterPick(providers, id, draft(""), none), undefined);
  });

  it("reads the page's messages, and takes nothing else for one", () => {
    const good = { type: "verify", draft: { ...draft("plain", { path: "/x" }), extra: 1 } };
    assert.deepEqual(parseFromPage(good), {
      type: "verify",
      draft: draft("plain", { path: "/x" }),
    });
    for (const bad of [
      undefined,
      3,
      {},
      { type: "save" },
      { type: "verify", draft: { choice: 1 } },
      { type: "pick", draft: draft("") },
    ])
      assert.equal(parseFromPage(bad), undefined);
    const odd = { type: "save", draft: { ...draft("plain"), answers: { path: { evil: true } } } };
    assert.deepEqual(parseFromPage(odd), { type: "save", draft: draft("plain") });
  });
});
