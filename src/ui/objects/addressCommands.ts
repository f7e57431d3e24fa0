import { env } from "vscode";
import { addressesAt } from "../../app/browsing/addresses.ts";
import type { ExtraRooms } from "./extraRooms.ts";
import { isKeyedRow } from "../rows.ts";

/** "Copy As": what other programs call the chosen rows, one line each. */
export function addressCommands({ connections, chosen }: ExtraRooms) {
  const copying =
    (name: keyof ReturnType<typeof addressesAt>) =>
    async (...given: readonly unknown[]): Promise<void> => {
      const texts = chosen(given)
        .filter((row) => isKeyedRow(row) || row.type === "connection")
        .flatMap(({ at }) => addressesAt(connections, at)[name] ?? []);
      if (texts.length > 0) await env.clipboard.writeText(texts.join("\n"));
    };
  return {
    copyUri: copying("uri"),
    copyUrl: copying("url"),
    copyPublicUrl: copying("publicUrl"),
    copyArn: copying("arn"),
    copyAwsCommand: copying("awsCommand"),
    copyRcloneCommand: copying("rcloneCommand"),
  };
}
