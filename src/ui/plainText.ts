/** Text from elsewhere in tooltips, which VS Code reads as Markdown. */

interface Markdown {
  appendText(text: string): this;
  appendMarkdown(text: string): this;
}

/**
 * Adds text as it stands, as VS Code's own `appendText` does. That one makes every blank unbreakable, so
 * that long lines are broken within words; here only the first is, after which `1.` would begin a list.
 */
export function appendPlain<T extends Markdown>(markdown: T, text: string): T {
  const [beginning = "", ...words] = text.split(/(?<=\S) (?=\S)/);
  const [second, ...others] = words;
  markdown.appendText(second === undefined ? beginning : `${beginning} ${second}`);
  for (const word of others) markdown.appendMarkdown(" ").appendText(word);
  return markdown;
}
