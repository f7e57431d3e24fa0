import { createHash } from "node:crypto";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  answers,
  found,
  freePort,
  inItsHome,
  running,
  type FolderServer,
  Unavailable,
} from "./process.ts";

const extension = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";

/**
 * nginx with its WebDAV extension: a poor server. It names no entity tags in listings, looks at no
 * condition but `Overwrite`, and knows folders only by their `/`.
 */
export async function startNginxDav(): Promise<FolderServer> {
  const program = found("nginx", "nginx");
  if (!existsSync(extension))
    throw new Unavailable(
      "nginx has no dav-ext module (apt-get install libnginx-mod-http-dav-ext)",
    );
  return await inItsHome("nginx", async (home) => {
    const [folder, user, password] = [join(home, "files"), "alice", "secret"];
    for (const name of ["files", "tmp"]) await mkdir(join(home, name));
    await chmod(home, 0o755);
    const sha1 = createHash("sha1").update(password).digest("base64");
    await writeFile(join(home, "passwords"), `${user}:{SHA}${sha1}\n`);
    const port = await freePort();
    await writeFile(join(home, "nginx.conf"), configuration(home, port));
    const url = `http://127.0.0.1:${port}/`;
    const args = ["-p", home, "-c", join(home, "nginx.conf"), "-g", "daemon off;"];
    const stop = await running(program, args, async () => await answers(url));
    return {
      url,
      folder,
      answers: { url, user, password },
      stop,
    };
  });
}

function configuration(home: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `
    load_module ${extension};
    ${process.getuid?.() === 0 ? "user root;" : ""}
    worker_processes 1;
    pid ${home}/pid;
    error_log ${home}/error.log warn;
    events { worker_connections 256; }
    http {
      access_log off;
      default_type application/octet-stream;
      ${temporary.map((name) => `${name}_temp_path ${home}/tmp/${name};`).join("\n")}
      client_max_body_size 0;
      server {
        listen 127.0.0.1:${port};
        root ${home}/files;
        auth_basic offsite;
        auth_basic_user_file ${home}/passwords;
        dav_methods PUT DELETE MKCOL COPY MOVE;
        dav_ext_methods PROPFIND OPTIONS;
      }
    }`;
}
