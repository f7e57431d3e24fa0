/** Asks a service at which of its endpoints an access key is at home. */
import { jsonObject } from "../../../base/json.ts";
import { StorageError } from "../../errors.ts";
import { openHttp } from "../../http/http.ts";
import { detailsOf, kindOfStatus, textOf } from "../../http/answers.ts";
import type { Answers } from "../../provider.ts";
import { foundIn, type S3Service } from "./service.ts";

/**
 * The answers that say where the key's buckets are. Sends the access key, never the secret one.
 * Fails with `signed-out` if the service does not know the key, and with `unexpected` if it names a
 * host that is not its own: whoever is asked there gets requests signed by the key.
 * https://www.idrive.com/s3-storage-e2/guides/get_region_endpoint
 */
export async function endpointOfKey(
  accessKeyId: string,
  signal: AbortSignal,
  { finder, ...service }: S3Service = {},
): Promise<Answers> {
  if (finder === undefined) throw new StorageError("unsupported", "the service cannot be asked");
  const http = openHttp({ verifyTls: true, timeoutMs: 15_000, addressField: "endpoint" });
  const reply = await http({
    method: "POST",
    url: finder.url,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ access_key: accessKeyId }),
    signal,
  });
  const { status, headers } = reply;
  const answer = jsonObject(await textOf(reply.body));
  if (status !== 200)
    throw new StorageError(
      kindOfStatus(status),
      `POST ${finder.url} answered ${status}`,
      detailsOf(status, headers),
    );
  const { resp_code: code, domain_name: host } = answer ?? {};
  if (typeof code === "number" && code < 0)
    throw new StorageError("signed-out", "no such access key", { field: "accessKeyId" });
  if (typeof host !== "string" || !finder.hosts.test(host))
    throw new StorageError("unexpected", `POST ${finder.url} named no host of its own`);
  const endpoint = `https://${host}`;
  const found = foundIn(endpoint, service);
  return found?.region === undefined ? { endpoint } : { endpoint: "", region: found.region };
}
