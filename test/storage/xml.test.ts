import assert from "node:assert/strict";
import {
  elements,
  elementsOf,
  elementText,
  escaped,
  plainText,
  unescaped,
} from "../../src/storage/xml.ts";

describe("The text of an XML element", () => {
  const xml = `<?xml version="1.0"?><Error xmlns="x"><Code>A</Code><s:message lang="en"> it&apos;s
    &lt;b&gt; &#252;&#xFC; &unknown; &amp;amp; </s:message><Empty></Empty><Code>B</Code></Error>`;

  it("is that of the first of its name, whatever its prefix", () => {
    assert.equal(elementText(xml, "Code"), "A");
    assert.equal(elementText(xml, "Empty"), "");
    assert.equal(elementText(xml, "message"), "it's\n    <b> üü &unknown; &amp;");
  });

  it("is undefined for what is not there, and what stands before a child", () => {
    assert.equal(elementText(xml, "Cod"), undefined);
    assert.equal(elementText(xml, "Error"), "");
    assert.equal(elementText("", "Code"), undefined);
    assert.equal(elementText("<Code>cut off", "Code"), undefined);
  });

  it("takes no harm from numbers that are no character", () => {
    assert.equal(elementText("<a>&#9999999;&#xFFFFFF;</a>", "a"), "&#9999999;&#xFFFFFF;");
  });

  it("finds each of many elements, and what stands in them", () => {
    const xml =
      "<L><Name>n</Name><C><Key>a &amp; b</Key></C><C/><C><Key> <![CDATA[]]></Key></C><C><Key><![CDATA[<c>]]></Key></C><C>cut";
    const found = [...elements(xml, "C")];
    assert.deepEqual(
      found.map((element) => plainText(element, "Key")),
      ["a & b", " <![CDATA[]]>", "<c>"],
    );
    assert.equal(plainText(xml, "Name"), "n");
    assert.equal(plainText(xml, "Missing"), undefined);
  });

  it("finds elements of several names in their order", () => {
    const xml = "<L><B>1</B><Bb>x</Bb><A>2</A><B></B><A>cut</B>";
    assert.deepEqual(
      [...elementsOf(xml, ["A", "B"])],
      [
        ["B", "1"],
        ["A", "2"],
        ["B", ""],
      ],
    );
  });

  it("is looked for in little time, whatever is said", () => {
    // Looking on from each of these to the end would take hours.
    assert.equal(elementText("<Code ".repeat(2_000_000), "Code"), undefined);
    assert.deepEqual([...elementsOf("<A>".repeat(2_000_000), ["A", "B"])], []);
  });

  it("has characters whose halves are named one by one, and no half of one", () => {
    assert.equal(unescaped("&#xD83D;&#xDE00;&amp;"), "😀&");
    assert.equal(unescaped("&#xD800;&amp;"), "&#xD800;&amp;");
  });

  it("escapes what it can read again", () => {
    const key = `a<b>&"c'\r\n\t]]>ü`;
    assert.doesNotMatch(escaped(key), /[<>\r]/);
    assert.equal(unescaped(escaped(key)), key);
  });
});
