import assert from "node:assert/strict";
import { Browse, type Row } from "../../src/app/browsing/browse.ts";
import type { Connections } from "../../src/app/connections/connections.ts";
import { locationAt, pathOf } from "../../src/app/location.ts";
import type { VerifyStep } from "../../src/app/connections/verify.ts";
import { never } from "../../src/base/abort.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { Answers } from "../../src/storage/provider.ts";
import { s3 } from "../../src/storage/providers/s3/s3.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { explain } from "../../src/ui/messages.ts";
import { newProfile } from "../app/connectionPorts.ts";
import type { Ceph } from "../servers/ceph.ts";
import { type Fault, type Faults, type Passing, startFaults } from "../servers/faults.ts";
import { orSkip } from "../servers/process.ts";
import { sharedCeph } from "../servers/shared.ts";
import { oddKeys } from "../storage/oddKeys.ts";
import { withBucket } from "../servers/buckets.ts";
import { plain } from "./translate.ts";

describe("input that nobody expects", function () {
  this.timeout(60_000);
  let ceph: Ceph;
  let faults: Faults;
  let answers: Answers;
  let connections: Connections;
  let browse: Browse;
  let id: string;

  before(async function () {
    ceph = await orSkip(this, sharedCeph);
    faults = await startFaults(String(ceph.answers["endpoint"]));
    answers = { ...(await withBucket(ceph.answers)), endpoint: faults.origin };
    ({ connections } = newProfile(s3).open());
    ({ id } = await connections.save({ name: "Home", provider: "s3", preset: "ceph", answers }));
    browse = new Browse(connections);
  });
  beforeEach(() => {
    faults.rule(() => undefined);
    browse.refresh();
  });
  after(async () => await faults?.stop());

  const open = async (): Promise<Storage> => await connections.open(id);
  const at = (key: string) => ({ connection: id, key });
  const rowsAt = async (key: string): Promise<readonly Row[]> => {
    const place = browse.placeAt(at(key));
    return place ? await browse.rows(place) : [];
  };
  const said = (error: unknown) => explain(error, plain)?.text ?? "";
  const whenever = (match: (passing: Passing) => boolean, fault: Fault) =>
    faults.rule((passing) => (match(passing) ? fault : undefined));
  const refusal = (status: number, code: string): Fault => ({
    type: "answer",
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`,
  });
  const isList = ({ method, url }: Passing) => method === "GET" && url.includes("list-type=2");

  describe("in a key", () => {
    for (const [index, key] of oddKeys.entries())
      it(`reaches, opens, copies and deletes ${JSON.stringify(key.slice(0, 30))}`, async () => {
        const storage = await open();
        const text = `content ${index}`;
        await storage.write(key, utf8(text));

        const row = await browse.goTo(at(key), never);
        const folder = key.slice(0, key.replace(/\/$/, "").lastIndexOf("/") + 1);
        const shown = (await rowsAt(folder)).filter(
          (one) => "at" in one && one.at.key === row.at.key,
        );
        assert.equal(shown.length, 1);

        // The address that an editor opens leads back to the object.
        const address = pathOf(at(key)).split("/").map(encodeURIComponent).join("/");
        const back = locationAt(id, decodeURIComponent(address));
        if (!key.endsWith("/")) assert.equal(back.key, key);
        assert.equal(Buffer.from(await storage.bytes(key)).toString(), text);

        await storage.copy(key, `copy of ${index}`);
        assert.equal(Buffer.from(await storage.bytes(`copy of ${index}`)).toString(), text);
        await storage.delete([key]);
        assert.equal(await storage.exists(key), false);
      });

    it("keeps an object and a folder of one name apart", async () => {
      const storage = await open();
      await storage.write("same", utf8("object"));
      await storage.write("same/below", utf8("inside"));
      const rows = (await rowsAt("")).filter((row) => "name" in row && row.name === "same");
      assert.deepEqual(rows.map(({ type }) => type).toSorted(), ["folder", "object"]);
      assert.equal((await browse.goTo(at("same"), never)).type, "object");
      assert.equal((await browse.goTo(at("same/"), never)).type, "folder");
    });
  });

  describe("that is refused", () => {
    it("on a bucket's list: says that listing is not allowed", async () => {
      whenever(isList, refusal(403, "AccessDenied"));
      const [row] = await rowsAt("refused/");
      assert.ok(row?.type === "failure");
      assert.match(said(row.error), /“Home” does not allow this key or user to list/);
    });

    it("on one key: says so, and the others are there", async () => {
      const storage = await open();
      for (const key of ["one/secret", "one/open"]) await storage.write(key, utf8("x"));
      whenever(({ url }) => url.includes("secret"), refusal(403, "AccessDenied"));
      await assert.rejects(storage.bytes("one/secret"), (error) =>
        /does not allow this/.test(said(error)),
      );
      assert.equal((await storage.bytes("one/open")).length, 1);
      assert.equal((await rowsAt("one/")).length, 2);
    });

    it("because the session has expired: asks to sign in again", async () => {
      whenever(isList, refusal(400, "ExpiredToken"));
      const [row] = await rowsAt("expired/");
      assert.ok(row?.type === "failure");
      assert.match(said(row.error), /expired|session|new/i);
      assert.match(said(row.error), /Home/);
    });
  });

  it("is not listed for ever by a server whose pages do not advance", async () => {
    const page = `<?xml version="1.0"?><ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken><Contents><Key>still/k</Key><Size>1</Size></Contents></ListBucketResult>`;
    whenever(isList, {
      type: "answer",
      status: 200,
      headers: { "content-type": "application/xml" },
      body: page,
    });
    const storage = await open();
    await assert.rejects(Array.fromAsync(storage.list("still/")), (error) =>
      /does not understand/.test(said(error)),
    );
    assert.ok(faults.passed.length < 5);
  });

  it("never mixes two states of an object that changes while it is read", async () => {
    const storage = await open();
    const [before, after] = ["a", "b"].map((letter) => letter.repeat(3_000_000));
    await storage.write("changing", utf8(before ?? ""));
    let cut = false;
    faults.rule(({ method }) => {
      if (cut || method !== "GET") return undefined;
      cut = true;
      return { type: "cut-answer", afterBytes: 1_000_000 };
    });
    const read = storage.read("changing", async ({ body }) => {
      const text = await new Response(body).text();
      return text;
    });
    // Changed past the proxy, while the first attempt breaks.
    const direct = newProfile(s3).open().connections;
    const other = await direct.save({
      name: "Other",
      provider: "s3",
      preset: "ceph",
      answers: { ...answers, endpoint: ceph.answers["endpoint"] },
    });
    await (await direct.open(other.id)).write("changing", utf8(after ?? ""));
    const text = await read;
    assert.ok(text === before || text === after, "it is one state or the other");
  });

  describe("when the clock is an hour off", () => {
    const { now } = Date;
    afterEach(() => {
      Date.now = now;
    });

    it("goes on by the server's clock", async () => {
      Date.now = () => now() - 3_600_000;
      await (await open()).write("late", utf8("x"));
      assert.equal((await (await open()).bytes("late")).length, 1);
    });

    it("names the clock and the hour, where the server will not have it", async () => {
      const refused = refusal(403, "RequestTimeTooSkewed");
      const date = new Date(now()).toUTCString();
      Date.now = () => now() + 3_600_000;
      const headers = { "content-type": "application/xml", date };
      whenever(isList, refused.type === "answer" ? { ...refused, headers } : refused);
      const [row] = await rowsAt("late/");
      assert.ok(row?.type === "failure");
      assert.match(said(row.error), /this computer's clock is 1 h 0 min fast/);
    });
  });

  it("comes through a proxy that rewrites headers", async () => {
    const storage = await open();
    faults.rule(() => ({
      type: "headers",
      headers: {
        etag: 'W/"rewritten"',
        server: "proxy",
        "content-type": "text/html",
        via: "1.1 p",
      },
    }));
    await storage.write("proxied", utf8("through"));
    assert.equal(Buffer.from(await storage.bytes("proxied")).toString(), "through");
    assert.equal((await storage.stat("proxied")).size, 7);
  });

  it("is shown again once the network is back, without a restart", async () => {
    const endpoint = String(ceph.answers["endpoint"]);
    const line = await startFaults(endpoint);
    const draft = { name: "Train", provider: "s3", preset: "ceph" };
    const train = await connections.save({
      ...draft,
      answers: { ...answers, endpoint: line.origin },
    });
    const rows = async () => {
      const place = browse.placeAt({ connection: train.id, key: "tunnel/" });
      return place ? await browse.rows(place) : [];
    };
    await (await open()).write("tunnel/light", utf8("x"));
    assert.equal((await rows())[0]?.type, "object");
    await line.stop();
    browse.refresh();
    const [row] = await rows();
    assert.ok(row?.type === "failure");
    assert.match(said(row.error), /Nothing answers at the address of “Train”/);
    const back = await startFaults(endpoint, Number(new URL(line.origin).port));
    try {
      browse.refresh(row.parent);
      assert.equal((await rows())[0]?.type, "object");
    } finally {
      await back.stop();
    }
  });

  it("says so when it is offline, and goes on when it is back", async () => {
    const endpoint = String(ceph.answers["endpoint"]);
    const line = await startFaults(endpoint);
    const draft = { name: "Away", provider: "s3", preset: "ceph" };
    const away = { ...draft, answers: { ...answers, endpoint: line.origin } };
    await line.stop();
    const told: string[] = [];
    const tell = (step: VerifyStep) => {
      if ("error" in step) told.push(said(step.error));
    };
    assert.equal(await connections.verify(away, never, tell), false);
    assert.match(told.join("\n"), /Nothing answers at the address of “Away”/);
    const back = await startFaults(endpoint, Number(new URL(line.origin).port));
    try {
      assert.equal(await connections.verify(away, never, () => {}), true);
    } finally {
      await back.stop();
    }
  });
});
