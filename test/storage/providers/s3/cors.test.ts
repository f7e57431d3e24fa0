import assert from "node:assert/strict";
import { corsConfiguration, corsXml } from "../../../../src/storage/providers/s3/cors.ts";

const answer = (inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</CORSConfiguration>`;

describe("S3's rules for websites", () => {
  it("are read, however much they say", () => {
    const { rules } = corsConfiguration(
      answer(
        `<CORSRule><ID>a &amp; b</ID><AllowedOrigin>https://a.example</AllowedOrigin><AllowedOrigin>*</AllowedOrigin>
          <AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>0</MaxAgeSeconds></CORSRule>
         <CORSRule><AllowedOrigin>null</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule>`,
      ),
    );
    assert.deepEqual(rules, [
      {
        id: "a & b",
        origins: ["https://a.example", "*"],
        methods: ["GET"],
        headers: ["*"],
        exposed: ["ETag"],
        maxAgeSeconds: 0,
      },
      { origins: ["null"], methods: ["PUT"] },
    ]);
    assert.deepEqual(corsConfiguration(answer("")), { rules: [], beside: "" });
  });

  it("are said again as they were heard, with what only their service knows", () => {
    const rules =
      '<CORSRule><ID>x</ID><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod><Vendor own="1"><Deep>\u00e8</Deep></Vendor></CORSRule>';
    const all = `${rules}<ResponseVary>true</ResponseVary>`;
    const again = corsXml(corsConfiguration(answer(all)));
    assert.equal(again.replace(/^<CORSConfiguration[^>]*>|<\/CORSConfiguration>$/g, ""), all);
  });
});
