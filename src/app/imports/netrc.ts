/** Passwords by host: https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html */
import type { Found } from "./found.ts";

/**
 * `found` with the passwords that a `.netrc` has for its WebDAV hosts. The entry for any other host
 * (`default`) is not taken: it would send a password where nobody meant it to go.
 */
export function completedByNetrc(found: readonly Found[], netrc: string): readonly Found[] {
  const logins = loginsOf(netrc);
  return found.map((one) => {
    if (one.type !== "connection" || one.provider !== "webdav") return one;
    const { url, user, password, token } = one.answers;
    if (password !== undefined || token !== undefined || typeof url !== "string") return one;
    const login = logins.find(
      (entry) =>
        entry.get("machine") === new URL(url).hostname &&
        (user === undefined || user === entry.get("login")),
    );
    if (!login?.has("login") || !login.has("password")) return one;
    const answers = { user: login.get("login"), password: login.get("password") };
    return { ...one, answers: { ...one.answers, ...answers } };
  });
}

function loginsOf(netrc: string): readonly ReadonlyMap<string, string>[] {
  const logins: Map<string, string>[] = [];
  let login = new Map<string, string>();
  const words = wordsOf(netrc);
  for (const [keyword] of words) {
    if (keyword === "machine" || keyword === "default") login = new Map();
    if (keyword === "machine") logins.push(login);
    if (!followed.has(keyword)) continue;
    const [word, quoted] = words.next().value ?? [""];
    login.set(keyword, quoted?.replaceAll(/\\(.)/g, "$1") ?? word);
  }
  return logins;
}

const followed = new Set(["machine", "login", "password", "account"]);

/** Without comment lines and macros, which end at an empty line. */
function wordsOf(netrc: string): RegExpStringIterator<RegExpExecArray> {
  const plain = netrc
    .replaceAll(/^[ \t]*#.*$/gm, "")
    .replaceAll(/\bmacdef\b[^]*?(\r?\n\s*\r?\n|$)/g, "\n");
  return plain.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g);
}
