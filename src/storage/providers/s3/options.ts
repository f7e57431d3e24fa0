/** What a connection's answers say of every request, and of those that make an object. */
export interface S3Options {
  readonly storageClass: string | undefined;
  readonly encryption: "bucket" | "AES256" | "aws:kms";
  readonly encryptionKeyId: string | undefined;
  readonly requesterPays: boolean;
}

/** By their names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** Operations that make an object, and so say how it is to be kept. Parts say nothing of it. */
const making: ReadonlySet<string> = new Set(["PutObject", "CreateMultipartUpload", "CopyObject"]);

/**
 * The headers that an operation of S3 (`PutObject`, …) carries because the connection says so, by
 * their names in lower case. What the request itself says of the same matter goes before.
 */
export function optionHeaders(options: S3Options, operation: string, own: Headers = {}): Headers {
  const { storageClass, requesterPays } = options;
  return {
    ...(requesterPays && { "x-amz-request-payer": "requester" }),
    ...(making.has(operation) && {
      ...(storageClass !== undefined && { "x-amz-storage-class": storageClass }),
      // A key must not be named beside another kind of encryption than its own.
      ...(own["x-amz-server-side-encryption"] === undefined && encryptionHeaders(options)),
    }),
    ...own,
  };
}

function encryptionHeaders({ encryption, encryptionKeyId }: S3Options): Headers {
  if (encryption === "bucket") return {};
  return {
    "x-amz-server-side-encryption": encryption,
    ...(encryption === "aws:kms" &&
      encryptionKeyId !== undefined && {
        "x-amz-server-side-encryption-aws-kms-key-id": encryptionKeyId,
      }),
  };
}
