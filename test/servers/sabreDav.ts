import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  answers,
  found,
  freePort,
  inItsHome,
  running,
  type FolderServer,
  Unavailable,
} from "./process.ts";

const modules = "/usr/lib/apache2/modules";

/**
 * sabre/dav, which is what speaks WebDAV in Nextcloud and ownCloud, on files of a temporary
 * directory: in Apache with PHP, as those are mostly run. With `ignoresCase`, it finds files as the
 * disks of Windows and macOS do, which Linux has none of.
 */
export async function startSabreDav({
  ignoresCase = false,
}: { readonly ignoresCase?: boolean } = {}): Promise<FolderServer> {
  const program = found("apache2", "apache2");
  const php = readdirSync(modules).find((name) => /^libphp[\d.]+\.so$/.test(name));
  if (!existsSync("/usr/share/php/Sabre/autoload.php") || php === undefined)
    throw new Unavailable(
      "sabre/dav is not installed (apt-get install php-sabre-dav libapache2-mod-php)",
    );
  return await inItsHome("sabre", async (home) => {
    const [folder, user, password] = [join(home, "files"), "alice", "sécret ü:1"];
    await mkdir(folder);
    await writeFile(join(home, "server.php"), script({ folder, user, password }, ignoresCase));
    const port = await freePort();
    await writeFile(join(home, "httpd.conf"), configuration(home, port, php));
    if (process.getuid?.() === 0) {
      await chmod(home, 0o755);
      await promisify(execFile)("chown", ["-R", "www-data:www-data", folder]);
    }
    const url = `http://127.0.0.1:${port}/dav/`;
    // When it ends, this kind of Apache ends all of its process group, which would be us.
    const args = [program, "-f", join(home, "httpd.conf"), "-D", "FOREGROUND"];
    const stop = await running("setsid", args, async () => await answers(url));
    return {
      url,
      folder,
      answers: { url, user, password },
      stop,
    };
  });
}

function configuration(home: string, port: number, php: string): string {
  const loaded = ["mpm_prefork", "authz_core", "alias"];
  return `
    ServerRoot ${home}
    ServerName localhost
    PidFile ${home}/pid
    ErrorLog ${home}/error.log
    DefaultRuntimeDir ${home}
    Mutex sem
    Listen 127.0.0.1:${port}
    ${process.getuid?.() === 0 ? "User www-data\nGroup www-data" : ""}
    ${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n")}
    LoadModule php_module ${modules}/${php}
    StartServers 4
    MinSpareServers 1
    MaxRequestWorkers 16
    KeepAlive On
    AllowEncodedSlashes NoDecode
    Alias /dav ${home}/server.php
    <Files server.php>
      SetHandler application/x-httpd-php
      Require all granted
    </Files>`;
}

function script(
  { folder, user, password }: Readonly<Record<string, string>>,
  ignoresCase: boolean,
): string {
  return `<?php
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set("display_errors", "0");
require_once "Sabre/autoload.php";
class OneUser extends Sabre\\DAV\\Auth\\Backend\\AbstractBasic {
  protected function validateUserPass($user, $password) {
    return $user === ${quoted(user)} && $password === ${quoted(password)};
  }
}
// As in Nextcloud; the library's own says yes to each of two who make a folder at the same moment.
class Folder extends Sabre\\DAV\\FSExt\\Directory {
  public function createDirectory($name) {
    if (!@mkdir($this->path . "/" . $this->named($name)))
      throw new Sabre\\DAV\\Exception\\Forbidden("not made");
  }
  public function createFile($name, $data = null) {
    return parent::createFile($this->named($name), $data);
  }
  public function childExists($name) {
    return parent::childExists($this->named($name));
  }
  public function getChild($name) {
    $there = $this->named($name);
    $child = parent::getChild($there);
    return $child instanceof parent ? new Folder($this->path . "/" . $there) : $child;
  }
  private function named($name) {
    if (${ignoresCase})
      foreach (scandir($this->path) as $there)
        if (strtolower($there) === strtolower($name)) return $there;
    return $name;
  }
}
$server = new Sabre\\DAV\\Server(new Folder(${quoted(folder)}));
$server->setBaseUri("/dav/");
$server->addPlugin(new Sabre\\DAV\\Auth\\Plugin(new OneUser(), "offsite"));
$server->exec();
`;
}

function quoted(text = ""): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
