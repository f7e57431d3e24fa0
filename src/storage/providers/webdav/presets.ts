import type { Capabilities } from "../../driver.ts";
import type { Asked } from "../../fields.ts";

/** What has to be known of a WebDAV service beyond the standard. */
export interface WebdavService {
  /** Behind the server's own address, if only that is given; `{user}` is filled in. */
  readonly path?: string;
  /** Hosts that are this service's. */
  readonly hosts?: RegExp;
  /** How a large file goes in parts that are put together at the end. */
  readonly chunks?: "nextcloud";
  /** Keeps the writer's time of a file, as `X-OC-Mtime` tells it. */
  readonly keepsTimes?: boolean;
  /** Looks at `OC-Checksum` as a file arrives, and keeps it. */
  readonly keepsChecksums?: boolean;
  /** So many requests in so long a time; more are answered with a block. */
  readonly pace?: { readonly requests: number; readonly minutes: number };
  /** The topmost folder holds folders only. */
  readonly isRootOfFolders?: boolean;
}

type Question = "url" | "user" | "password" | "token" | "auth";

interface WebdavPreset {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  readonly keywords?: string;
  readonly note?: string;
  readonly retired?: string;
  readonly values: {
    readonly url?: string;
    readonly auth?: "basic";
    readonly concurrency?: number;
  };
  readonly hide?: readonly Question[];
  readonly requires?: readonly ("user" | "password")[];
  readonly asks?: Partial<Record<Question, Asked>>;
  readonly keysPage?: string;
  readonly quirks?: Partial<Capabilities>;
  readonly service?: WebdavService;
}

const basic = { auth: "basic" } as const;
const plain = ["auth", "token"] as const;

/** One of a kind: the address is always the same. */
function at(url: string): Pick<WebdavPreset, "values" | "hide"> {
  return { values: { ...basic, url }, hide: ["url", ...plain] };
}

/** Services and servers that speak WebDAV, by their own names. */
export const webdavPresets: readonly WebdavPreset[] = [
  {
    id: "nextcloud",
    label: "Nextcloud",
    values: basic,
    hide: plain,
    asks: {
      url: {
        label: "Server",
        placeholder: "https://cloud.example.com",
        help: "As the browser shows it. If you sign in with an e-mail address: Files settings → WebDAV has the whole address.",
      },
      password: { help: "An app password: Settings → Security → Devices & sessions." },
    },
    service: {
      path: "remote.php/dav/files/{user}/",
      chunks: "nextcloud",
      keepsTimes: true,
      keepsChecksums: true,
    },
  },
  {
    id: "owncloud",
    label: "ownCloud",
    values: basic,
    hide: plain,
    asks: {
      url: {
        label: "Server",
        placeholder: "https://cloud.example.com",
        help: "As the browser shows it, or the whole address from Files → Settings → WebDAV.",
      },
      password: { help: "An app password: Settings → Security → App passwords / tokens." },
    },
    service: { path: "remote.php/dav/files/{user}/", keepsTimes: true, keepsChecksums: true },
  },
  {
    id: "synology",
    label: "Synology NAS",
    icon: "server",
    keywords: "dsm diskstation",
    values: basic,
    hide: plain,
    asks: {
      url: {
        placeholder: "https://nas.example.com:5006/home/",
        help: "The package “WebDAV Server” listens on port 5006, or 5005 without encryption. The shared folder's name comes behind it.",
      },
    },
  },
  {
    id: "jianguoyun",
    label: "Jianguoyun",
    keywords: "坚果云 nutstore",
    ...at("https://dav.jianguoyun.com/dav/"),
    values: { ...basic, url: "https://dav.jianguoyun.com/dav/", concurrency: 2 },
    requires: ["user", "password"],
    note: "Jianguoyun allows 600 requests in half an hour (1500 with a paid plan), so Offsite paces itself: the first backup of many files takes its time. The topmost folder takes folders only.",
    asks: {
      user: { help: "The e-mail address of the account." },
      password: { help: "An app password: Account → Security → Third-party apps." },
    },
    keysPage: "https://www.jianguoyun.com/#/safety",
    service: {
      hosts: /^dav\.jianguoyun\.com$/,
      pace: { requests: 600, minutes: 30 },
      isRootOfFolders: true,
    },
  },
  {
    id: "fastmail",
    label: "Fastmail Files",
    ...at("https://webdav.fastmail.com/"),
    requires: ["user", "password"],
    asks: {
      user: { help: "The e-mail address of the account." },
      password: { help: "An app password with access to files." },
    },
    keysPage: "https://app.fastmail.com/settings/security/apps",
    service: { hosts: /^(?:webdav|myfiles)\.fastmail\.com$/, keepsTimes: true },
  },
  {
    id: "infinicloud",
    label: "InfiniCLOUD",
    keywords: "teracloud",
    values: basic,
    hide: plain,
    asks: {
      url: {
        placeholder: "https://node.teracloud.jp/dav/",
        help: "My Page shows it under “Apps Connection”; it differs from account to account.",
      },
      password: { help: "The apps password from My Page, not the one of the account." },
    },
    keysPage: "https://infini-cloud.net/en/modules/mypage/",
    service: { hosts: /\.teracloud\.jp$/ },
  },
  {
    id: "koofr",
    label: "Koofr",
    ...at("https://app.koofr.net/dav/Koofr/"),
    requires: ["user", "password"],
    asks: { password: { help: "An app password: Preferences → Password." } },
    keysPage: "https://app.koofr.net/app/admin/preferences/password",
    service: { hosts: /^app\.koofr\.net$/ },
  },
  {
    id: "yandex-disk",
    label: "Yandex Disk",
    keywords: "яндекс",
    ...at("https://webdav.yandex.com/"),
    requires: ["user", "password"],
    asks: { password: { help: "An app password for “Files”: Yandex ID → Security." } },
    keysPage: "https://id.yandex.com/security/app-passwords",
    service: { hosts: /^webdav\.yandex\.(?:com|ru)$/ },
  },
  {
    id: "storagebox",
    label: "Hetzner Storage Box",
    values: basic,
    hide: plain,
    asks: {
      url: {
        placeholder: "https://u00000.your-storagebox.de/",
        help: "The host of the box; WebDAV has to be switched on in its settings.",
      },
    },
    service: { hosts: /\.your-storagebox\.de$/ },
  },
  {
    id: "sharepoint",
    label: "SharePoint (own server)",
    values: basic,
    hide: plain,
    note: "Only servers of one's own with basic sign-in. SharePoint Online and OneDrive sign in through Microsoft's pages, which WebDAV cannot. SharePoint rewrites Office files as they arrive, so those come back changed: keep backups elsewhere.",
    asks: { url: { placeholder: "https://sharepoint.example.com/sites/team/Documents/" } },
    service: { hosts: /\.sharepoint\.com$/ },
  },
  {
    id: "apache",
    label: "Apache",
    icon: "server",
    keywords: "httpd mod_dav",
    values: {},
    asks: { url: { help: "A folder for which `Dav On` is set." } },
  },
  {
    id: "nginx",
    label: "nginx",
    icon: "server",
    values: basic,
    hide: ["token"],
    note: "nginx needs its module dav-ext for listings, and takes files up to client_max_body_size only, which is 1 MB unless set.",
    // It lists none that begins with a dot.
    quirks: { hidesNames: true },
  },
  {
    id: "rclone",
    label: "rclone serve",
    icon: "server",
    values: basic,
    hide: plain,
    asks: { url: { placeholder: "http://127.0.0.1:8080/" } },
  },
  { id: "other", label: "Other WebDAV server", icon: "server", values: {} },
  {
    id: "hubic",
    label: "hubiC",
    values: {},
    retired:
      "OVH closed hubiC on 30 September 2022. Files were moved to Shadow Drive only for those who asked; Shadow Drive is a Nextcloud: choose “Nextcloud”.",
  },
];
