import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { found } from "./process.ts";

const run = promisify(execFile);

export interface Certificates {
  /** A private authority that no computer trusts by itself. */
  readonly ca: string;
  /** For 127.0.0.1, localhost and every name below it, signed by `ca`. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes a private authority and a server's certificate in `folder`, and tells the paths. */
export async function certificates(folder: string): Promise<Certificates> {
  const openssl = found("openssl", "openssl");
  const at = (name: string) => join(folder, name);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await run(openssl, [
    "req",
    "-x509",
    ...curve,
    "-days",
    "30",
    "-subj",
    "/CN=Offsite Test Authority",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.crt"),
  ]);
  await run(openssl, [
    "req",
    ...curve,
    "-subj",
    "/CN=localhost",
    "-keyout",
    at("server.key"),
    "-out",
    at("server.csr"),
  ]);
  const names = "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1\n";
  await writeFile(at("names"), `${names}extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n`);
  await run(openssl, [
    "x509",
    "-req",
    "-in",
    at("server.csr"),
    "-days",
    "30",
    "-extfile",
    at("names"),
    "-CA",
    at("ca.crt"),
    "-CAkey",
    at("ca.key"),
    "-CAcreateserial",
    "-out",
    at("server.crt"),
  ]);
  return { ca: at("ca.crt"), certificate: at("server.crt"), key: at("server.key") };
}
