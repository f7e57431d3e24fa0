/**
 * The text of the first element called `name`, whatever its namespace prefix; undefined if there
 * is none. For the short, flat answers that servers refuse a request with.
 */
export function elementText(xml: string, name: string): string | undefined {
  const found = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^<>]*)?>([^<]*)<`).exec(xml);
  return found?.[1] === undefined ? undefined : unescaped(found[1]).trim();
}

/**
 * What stands in each element called `name`, one after the other; none of them within another. For
 * long answers: it looks at each character about twice, and understands no prefix and no attribute.
 */
export function* elements(xml: string, name: string): Generator<string, void, void> {
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(open); at >= 0;) {
    const start = at + open.length;
    const end = xml.indexOf(close, start);
    if (end < 0) return;
    yield xml.slice(start, end);
    at = xml.indexOf(open, end + close.length);
  }
}

/** As `elements`, of several names: each in its turn, with its name. */
export function* elementsOf<N extends string>(
  xml: string,
  names: readonly N[],
): Generator<readonly [N, string], void, void> {
  const open = new RegExp(`<(${names.join("|")})>`, "g");
  for (let found = open.exec(xml); found; found = open.exec(xml)) {
    const name = names.find((one) => one === found?.[1]);
    const end = xml.indexOf(`</${name}>`, open.lastIndex);
    if (name === undefined || end < 0) return;
    yield [name, xml.slice(open.lastIndex, end)];
    open.lastIndex = end;
  }
}

export interface XmlElement {
  readonly name: string;
  /** What stands between its tags. */
  readonly inner: string;
  /** With its tags. */
  readonly outer: string;
}

/** The elements that stand in `xml` side by side, none of which holds another of its own name. */
export function childElements(xml: string): readonly XmlElement[] {
  return [...xml.matchAll(/<(\w+)(?:\s[^>]*?)?(?:\/>|>(.*?)<\/\1>)/gs)].map(
    ([outer, name = "", inner = ""]) => ({ name, inner, outer }),
  );
}

/** The text of the first element called `name`; as `elementText`, for long answers. */
export function plainText(xml: string, name: string): string | undefined {
  const [inner] = elements(xml, name);
  if (inner === undefined) return undefined;
  const literal = /^<!\[CDATA\[([^]*)\]\]>$/.exec(inner)?.[1];
  return literal ?? unescaped(inner);
}

/** `text` with XML's five entities and character references resolved; what is no text stays as it is. */
export function unescaped(text: string): string {
  if (!text.includes("&")) return text;
  const plain = text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{1,8}));/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return entities[String(name)] ?? whole;
      const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
  // Programs in Java name the halves of a character one by one; a half alone is none.
  return plain.isWellFormed() ? plain : text;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** `text` as it may stand between two tags. */
export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;"); // Which a parser takes for a line feed.
}
