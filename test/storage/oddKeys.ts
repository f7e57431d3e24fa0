/** What object stores hold and people did not expect. */
export const oddKeys = [
  "ends/in/a/slash/",
  "two//slashes",
  "/begins with one",
  "./here",
  "up/../and/down",
  "a%20b%2Fc",
  "1+1=2",
  "smile 😀.txt",
  "bell\u0007tab\tline\nend",
  "photo\u{202e}gpj.exe",
  "quote\"<&>'.xml",
  "~home",
  "?query#fragment",
  `${"long/".repeat(20)}${"n".repeat(1024 - 100)}`,
];
