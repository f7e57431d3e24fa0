import assert from "node:assert/strict";
import { utf8 } from "../../../src/base/bytes.ts";
import { isRepositoryError } from "../../../src/engine/errors.ts";
import { goTime } from "../../../src/engine/format/goText.ts";
import {
  compareNames,
  fileTail,
  folderTail,
  nodeHead,
  otherTail,
  parseTree,
  parseTreeGently,
  treeText,
  type NodeFacts,
} from "../../../src/engine/format/tree.ts";

const time = 1_763_711_259_238_747_527n;
const id = "ab".repeat(32);
const facts: NodeFacts = {
  name: "a",
  type: "file",
  mode: 0o100644,
  mtime: time,
  ctime: time,
  uid: 0,
  gid: 0,
  user: "root",
  group: "root",
  inode: 18_446_744_073_709_551_615n,
  deviceId: 65024n,
  size: 3,
  links: 1,
};
const clock = goTime(time);
const times = `"mtime":"${clock}","atime":"${clock}","ctime":"${clock}"`;
const owner = `"uid":0,"gid":0,"user":"root","group":"root"`;

describe("a tree", () => {
  it("writes each kind of node as restic does", () => {
    assert.equal(
      nodeHead(facts) + fileTail([id]),
      `{"name":"a","type":"file","mode":420,${times},${owner},"inode":18446744073709551615,` +
        `"device_id":65024,"size":3,"links":1,"content":["${id}"]}`,
    );
    assert.equal(
      nodeHead({ ...facts, size: 0, user: undefined, group: undefined, inode: 0n }) + fileTail([]),
      `{"name":"a","type":"file","mode":420,${times},"uid":0,"gid":0,"device_id":65024,"links":1,"content":[]}`,
    );
    assert.equal(
      nodeHead({ ...facts, type: "dir", mode: 0o040755, inode: 7n, links: 4 }) + folderTail(id),
      `{"name":"a","type":"dir","mode":2147484141,${times},${owner},"inode":7,"device_id":65024,` +
        `"content":null,"subtree":"${id}"}`,
    );
    assert.equal(
      nodeHead({
        ...facts,
        name: Buffer.from("l\xff", "latin1"),
        type: "symlink",
        mode: 0o120777,
        inode: 7n,
        linktarget: Buffer.from("bad\xfftarget", "latin1"),
      }) + otherTail(),
      `{"name":"l\\\\xff","type":"symlink","mode":134218239,${times},${owner},"inode":7,"device_id":65024,` +
        `"links":1,"linktarget":"bad\\ufffdtarget","linktarget_raw":"YmFk/3RhcmdldA==","content":null}`,
    );
    assert.equal(
      nodeHead({ ...facts, type: "chardev", mode: 0o020644, inode: 7n }) + otherTail("", 259n),
      `{"name":"a","type":"chardev","mode":69206436,${times},${owner},"inode":7,"device_id":65024,` +
        `"links":1,"device":259,"content":null}`,
    );
    assert.equal(treeText(["1", "2"]), '{"nodes":[1,2]}\n');
  });

  it("reads what it wrote, numbers of 64 bits and names of any bytes included", () => {
    const name = Buffer.from("l\xff", "latin1");
    const [file, folder, link] = parseTree(
      treeText([
        nodeHead(facts) + fileTail([id, id]),
        nodeHead({ ...facts, type: "dir", mode: 0o040755 }) + folderTail(id),
        nodeHead({ ...facts, name, type: "symlink", linktarget: name }) + otherTail(),
      ]),
    );
    assert.deepEqual(file?.content, [id, id]);
    assert.equal(file?.inode, "18446744073709551615");
    assert.equal(file?.size, 3);
    assert.equal(folder?.subtree, id);
    assert.equal(folder?.mode, 2147484141);
    assert.equal(folder?.mtime, clock);
    assert.deepEqual(Buffer.from(link?.nameBytes ?? []), name);
    assert.deepEqual(Buffer.from(link?.linktargetBytes ?? []), name);
  });

  it("lets others run while it reads very many nodes", async () => {
    const node = nodeHead(facts) + fileTail([id]);
    const json = utf8(treeText(Array.from({ length: 30_000 }, () => node)));
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    const nodes = await parseTreeGently(json);
    clearInterval(ticking);
    assert.ok(turns > 1, `${turns} turns`);
    assert.equal(nodes.length, 30_000);
    assert.deepEqual(nodes[29_999], parseTree(`{"nodes":[${node}]}`)[0]);
  });

  it("reads a large tree as it reads a small one, and refuses it as well", async () => {
    const nodes = Array.from(
      { length: 2000 },
      (_, i) => nodeHead({ ...facts, name: `file ${i}` }) + fileTail([id]),
    );
    const json = `{"other":[{"x":1}],${treeText(nodes).slice(1)}`;
    assert.deepEqual(await parseTreeGently(utf8(json)), parseTree(json));
    const large = " ".repeat(1_000_000);
    assert.deepEqual(await parseTreeGently(utf8(`{"nodes":null}${large}`)), []);
    for (const wrong of ["[]", "{}", `{"nodes":[{}]}`, `{"nodes":[${nodes[0]}`, `${json}x`])
      await assert.rejects(parseTreeGently(utf8(large + wrong)), { kind: "damaged" }, wrong);
  });

  it("carries attributes along as restic wrote them", () => {
    const attributes =
      ',"extended_attributes":[{"name":"user.\\u003c","value":"AAE="}],"generic_attributes":{"windows.file_attributes":32}';
    const [node] = parseTree(treeText([nodeHead(facts) + fileTail([], attributes)]));
    assert.equal(node?.attributes, attributes);
  });

  it("is not taken in by numbers within strings", () => {
    const name = '"inode":1234567890123456789';
    const [node] = parseTree(treeText([nodeHead({ ...facts, name }) + fileTail([])]));
    assert.equal(node?.name, name);
  });

  it("sorts names by their bytes, not by JavaScript's units", () => {
    const names = [
      "a",
      "a.b",
      "ab",
      "Z",
      "é",
      "\uffee",
      "\u{1f600}",
      "\ue000",
      "a\u{10000}",
      "a\uffff",
      "",
    ];
    const byBytes = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual(names.toSorted(compareNames), byBytes);
  });

  it("refuses what is no tree", () => {
    const head = nodeHead(facts);
    const bad = [
      "",
      "[]",
      "{}",
      '{"nodes":{}}',
      '{"nodes":[null]}',
      '{"nodes":[{"name":"a","type":"door","content":null}]}',
      '{"nodes":[{"type":"file"}]}',
      '{"nodes":[{"name":"a\\\\q","type":"file"}]}',
      '{"nodes":[{"name":"a","type":"dir"}]}',
      '{"nodes":[{"name":"a","type":"file","size":-1}]}',
      '{"nodes":[{"name":"a","type":"file","size":18446744073709551615}]}',
      '{"nodes":[{"name":"a","type":"file","inode":99999999999999999999}]}',
      '{"nodes":[{"name":"a","type":"file","content":["../../etc"]}]}',
      `{"nodes":[${head},"content":"x"}]}`,
    ];
    for (const text of bad)
      assert.throws(
        () => parseTree(text),
        (error) => isRepositoryError(error, "damaged"),
        text,
      );
    assert.deepEqual(parseTree('{"nodes":null}'), []);
  });
});
