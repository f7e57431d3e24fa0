import assert from "node:assert/strict";
import { webdav } from "../../../../src/storage/providers/webdav/webdav.ts";
import { webdavPresets } from "../../../../src/storage/providers/webdav/presets.ts";

type Values = Readonly<Record<string, string>>;

/** The text, the service, the answers and the file it leads to. */
const table: readonly (readonly [string, string, Values, string?])[] = [
  [
    "https://ann@cloud.example/remote.php/dav/files/ann/Photos",
    "nextcloud",
    { url: "https://cloud.example/remote.php/dav/files/ann/Photos", user: "ann" },
  ],
  [
    "https://ann%40home:hu%3Ash@cloud.example/nc/remote.php/dav/files/ann%40home/",
    "nextcloud",
    {
      url: "https://cloud.example/nc/remote.php/dav/files/ann%40home/",
      user: "ann@home",
      password: "hu:sh",
    },
  ],
  [
    "https://cloud.example/remote.php/webdav/",
    "nextcloud",
    { url: "https://cloud.example/remote.php/webdav/" },
  ],
  [
    "https://cloud.example/index.php/apps/files/?dir=/Photos&fileid=7",
    "nextcloud",
    { url: "https://cloud.example/", folder: "Photos" },
  ],
  [
    "https://cloud.example/remote.php/dav/files/ann/Photos/my%20cat.jpg",
    "nextcloud",
    { url: "https://cloud.example/remote.php/dav/files/ann/", user: "ann" },
    "Photos/my cat.jpg",
  ],
  [
    "https://dav.example.com/x/report.pdf",
    "other",
    { url: "https://dav.example.com/x/" },
    "report.pdf",
  ],
  ["https://dav.example.com", "other", { url: "https://dav.example.com/" }],
  [
    "https://example.com/nc/apps/files/files/12?dir=/",
    "nextcloud",
    { url: "https://example.com/nc/" },
  ],
  [
    "https://cloud.example/s/AbCdEfGhIjKlMnO",
    "other",
    { url: "https://cloud.example/public.php/webdav/", user: "AbCdEfGhIjKlMnO" },
  ],
  ["https://cloud.example/nc/remote.php/dav/", "nextcloud", { url: "https://cloud.example/nc/" }],
  ["https://cloud.example/remote.php", "nextcloud", { url: "https://cloud.example/" }],
  [
    "https://ocis.example/files/spaces/personal/ann/Photos",
    "owncloud",
    { url: "https://ocis.example/" },
  ],
  [
    "https://ocis.example/dav/spaces/1284d238$4c51/Photos",
    "owncloud",
    { url: "https://ocis.example/dav/spaces/1284d238$4c51/Photos" },
  ],
  // Other pages: they say whose they are, and at most the folder.
  ["https://cloud.example/f/1234", "nextcloud", { url: "https://cloud.example/" }],
  ["https://example.com/nc/index.php/login", "nextcloud", { url: "https://example.com/nc/" }],
  [
    "https://nas.example:5001/?launchApp=SYNO.SDS.App.FileStation3.Instance",
    "synology",
    { url: "https://nas.example:5006/" },
  ],
  ["http://nas.local:5000/webman/index.cgi", "synology", { url: "http://nas.local:5005/" }],
  ["https://www.jianguoyun.com/d/home#/sandbox/1", "jianguoyun", {}],
  ["https://app.koofr.net/app/storage/0a1b?path=%2FPhotos", "koofr", {}],
  ["https://app.fastmail.com/files/", "fastmail", {}],
  ["https://infini-cloud.net/en/modules/mypage/usage/", "infinicloud", {}],
  [
    "https://disk.yandex.ru/client/disk/My%20photos/2026",
    "yandex-disk",
    { folder: "My photos/2026" },
  ],
  ["https://disk.yandex.com/client/disk", "yandex-disk", {}],
  ["https://ewebdav.pcloud.com/x", "other", { url: "https://ewebdav.pcloud.com/x" }],
  ["https://dav.jianguoyun.com/dav/", "jianguoyun", {}],
  ["https://dav.jianguoyun.com", "jianguoyun", {}],
  ["https://dav.jianguoyun.com/dav/my%20backup/", "jianguoyun", { folder: "my backup" }],
  ["https://dav.jianguoyun.com/dav/backup/a.txt", "jianguoyun", {}, "backup/a.txt"],
  [
    "davs://webdav.fastmail.com/me.fastmail.com/files/",
    "fastmail",
    { folder: "me.fastmail.com/files" },
  ],
  ["https://app.koofr.net/dav/Koofr", "koofr", {}],
  ["https://app.koofr.net/dav/Koofr/Photos", "koofr", { folder: "Photos" }],
  [
    "https://app.koofr.net/dav/OneDrive/x",
    "other",
    { url: "https://app.koofr.net/dav/OneDrive/x" },
  ],
  ["https://webdav.yandex.ru/Photos", "yandex-disk", { folder: "Photos" }],
  ["https://soya.teracloud.jp/dav/", "infinicloud", { url: "https://soya.teracloud.jp/dav/" }],
  [
    "https://u12345.your-storagebox.de",
    "storagebox",
    { url: "https://u12345.your-storagebox.de/" },
  ],
  ["https://nas.example:5006/home/", "synology", { url: "https://nas.example:5006/home/" }],
  ["http://192.168.1.2:5005/photo?x=1", "synology", { url: "http://192.168.1.2:5005/photo" }],
  [
    "https://team.sharepoint.com/sites/x/Documents",
    "sharepoint",
    { url: "https://team.sharepoint.com/sites/x/Documents" },
  ],
  ["webdav://example.com/x", "other", { url: "http://example.com/x" }],
  ["https://dav.example.com/x#top", "other", { url: "https://dav.example.com/x" }],
  ["https://example.com/webdav", "other", { url: "https://example.com/webdav" }],
  [
    "https://ann:hush@example.com/files",
    "other",
    { url: "https://example.com/files", user: "ann", password: "hush" },
  ],
];

describe("a pasted WebDAV address", () => {
  for (const [text, preset, values, object] of table)
    it(`is understood: ${text}`, () => {
      const found = { preset, values, ...(object !== undefined && { object }) };
      assert.deepEqual(webdav.recognise?.(text), found);
    });

  for (const [text, id, values] of table)
    it(`fills what the form asks, and nothing else: ${text}`, () => {
      const { hide = [] } = webdavPresets.find((preset) => preset.id === id) ?? {};
      const hidden: readonly string[] = hide;
      assert.deepEqual(
        Object.keys(values).filter((name) => hidden.includes(name)),
        [],
      );
    });

  for (const text of [
    "",
    "dav",
    "https://example.com/",
    "https://example.com/david",
    "https://example.com/f/abc",
    "https://example.com/login",
    "http://example.com:5000/api/items",
    "https://app.fastmail.com.evil.com/files/",
    "https://evil.com/disk.yandex.ru/client/disk/x",
    "https://disk.yandex.evil.com/client/disk/x",
    "ftp://x/dav/",
    "dav://",
    "https://a b/dav/",
  ])
    it(`is not made up: ${text}`, () => {
      assert.equal(webdav.recognise?.(text), undefined);
    });
});

describe("A WebDAV service", () => {
  const place = (preset: string, answers: Values) => webdav.place(answers, preset);

  it("is found on its server, where only that is given", () => {
    const ann = { user: "ann@home" };
    for (const [url, expected] of [
      ["https://cloud.example", "cloud.example/remote.php/dav/files/ann%40home"],
      ["https://cloud.example/nc/", "cloud.example/nc/remote.php/dav/files/ann%40home"],
      ["https://cloud.example/index.php", "cloud.example/remote.php/dav/files/ann%40home"],
      [
        "https://cloud.example/remote.php/dav/files/ann/x",
        "cloud.example/remote.php/dav/files/ann/x",
      ],
      ["https://cloud.example/remote.php/webdav", "cloud.example/remote.php/webdav"],
    ] as const)
      assert.equal(place("nextcloud", { url, ...ann }), expected);
    assert.equal(place("other", { url: "https://cloud.example", ...ann }), "cloud.example");
  });

  it("says all that its form needs, and nothing that cannot be", () => {
    for (const { id, note, retired, values, asks = {}, keysPage, service } of webdavPresets) {
      const { url } = values;
      if (url !== undefined) {
        assert.match(url, /^https:\/\/.*\/$/, id);
        assert.ok(service?.hosts?.test(new URL(url).hostname), id);
      }
      if (keysPage !== undefined) assert.match(keysPage, /^https:\/\//, id);
      const texts = [note, retired, ...Object.values(asks).map((asked) => asked?.help)];
      for (const text of texts) if (text !== undefined) assert.match(text, /\.$/, `${id}: ${text}`);
      for (const { placeholder } of Object.values(asks))
        if (placeholder !== undefined)
          assert.ok(URL.canParse(placeholder), `${id}: ${placeholder}`);
      if (service?.path !== undefined) assert.match(service.path, /^[^/].*\{user\}\/$/, id);
    }
  });

  it("is asked nothing that is always the same", () => {
    for (const preset of ["jianguoyun", "fastmail", "koofr", "yandex-disk"]) {
      const { values = {} } = webdav.presets.find(({ id }) => id === preset) ?? {};
      assert.deepEqual(webdav.problems({ ...values, user: "a", password: "b" }, preset), []);
      assert.deepEqual(
        webdav.problems(values, preset).map(({ field }) => field),
        ["user", "password"],
      );
    }
  });
});
