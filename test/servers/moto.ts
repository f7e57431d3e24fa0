import { join } from "node:path";
import { newestPackage } from "./debian.ts";
import { answers, freePort, running, Unavailable, type Server } from "./process.ts";

const libraries = join("usr", "lib", "python3", "dist-packages");

export interface Moto extends Server {
  /** From now on, what is asked of an archive is there when it was looked at so often. */
  archiveTakes(looks: number): Promise<void>;
}

/**
 * moto's own server, which answers one request after the other here: else a condition holds only
 * mostly.
 */
const program = `
import io, sys, threading
from werkzeug.serving import run_simple
from moto.server import DomainDispatcherApplication, create_backend_app

serve = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()

def one_by_one(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    if len(body) < size:
        raise ConnectionError("the request broke off")
    with turn:
        return list(serve({**environ, "wsgi.input": io.BytesIO(body)}, start_response))

run_simple("127.0.0.1", int(sys.argv[1]), one_by_one, threaded=True)
`;

/**
 * moto, which plays Amazon for other people's tests: classes, archives, locks and conditions are as
 * at Amazon, in memory, for any key and without a look at what it has signed. The newest one, from
 * Debian's unstable release, with the libraries of the machine's own. Fails with `Unavailable` where
 * it cannot be had.
 */
export async function startMoto(): Promise<Moto> {
  const folder = join(await newestPackage("python3-moto", join(libraries, "moto")), libraries);
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const control = `${address}/moto-api/`;
  // The Python of Debian's own packages; the first on the PATH may be another.
  const stop = await running(
    "/usr/bin/python3",
    ["-c", program, String(port)],
    async () => await answers(control),
    { timeoutMs: 60_000, env: { ...process.env, PYTHONPATH: folder } },
  ).catch((error: unknown) => {
    const isMissing = /ENOENT|ModuleNotFoundError: .*'(\w+)'/.exec(String(error));
    if (!isMissing) throw error;
    throw new Unavailable(`moto lacks ${isMissing[1] ?? "python3"} (see test/setup/machine.ts)`);
  });
  return {
    answers: {
      endpoint: `http://localhost:${port}`,
      region: "us-east-1",
      bucket: "",
      accessKeyId: "OFFSITETESTKEY",
      secretAccessKey: "offsite/test+secret",
      addressing: "path",
    },
    archiveTakes: async (times) => {
      const transition = { progression: times === 0 ? "immediate" : "manual", times };
      const body = JSON.stringify({ model_name: "s3::keyrestore", transition });
      await fetch(`${control}state-manager/set-transition`, { method: "POST", body });
    },
    stop,
  };
}
