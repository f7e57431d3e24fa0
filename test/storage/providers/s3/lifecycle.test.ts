import assert from "node:assert/strict";
import { lifecycleRules, lifecycleXml } from "../../../../src/storage/providers/s3/lifecycle.ts";

const answer = (rules: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rules}</LifecycleConfiguration>`;

/** The rules as the service would hold them after being told what it has told. */
const again = (rules: string) =>
  lifecycleXml(lifecycleRules(answer(rules))).replace(
    /^<LifecycleConfiguration[^>]*>|<\/Life.*$/g,
    "",
  );

describe("S3's lifecycle rules", () => {
  it("are read, in the new form and in the old", () => {
    assert.deepEqual(
      lifecycleRules(
        answer(
          `<Rule><ID>a &amp; b</ID><Filter><Prefix>logs/&lt;x&gt;</Prefix></Filter><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>
           <Rule><ID>old</ID><Prefix>tmp/</Prefix><Status>Disabled</Status><NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>3</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>
           <Rule><ID>all</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>`,
        ),
      ),
      [
        { id: "a & b", enabled: true, prefix: "logs/<x>", expireDays: 30 },
        {
          id: "old",
          enabled: false,
          prefix: "tmp/",
          expireOldVersionsDays: 7,
          abortUploadsDays: 3,
          rest: { form: "prefix" },
        },
        { id: "all", enabled: true, prefix: "", expireDays: 1 },
      ],
    );
    assert.deepEqual(lifecycleRules(answer("")), []);
  });

  for (const [what, rule] of [
    [
      "moves to other classes",
      "<ID>t</ID><Filter><Prefix>a/</Prefix></Filter><Status>Enabled</Status><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition><Transition><Days>90</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition><NoncurrentVersionTransition><NoncurrentDays>5</NoncurrentDays><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>",
    ],
    [
      "filters by tags and sizes",
      "<ID>f</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k&amp;</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>",
    ],
    [
      "expires on a date, and leftovers of deletions",
      "<ID>d</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>",
    ],
    [
      "keeps some old versions",
      "<ID>n</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
    ],
    [
      "says what only its service knows",
      '<ID>x</ID><Prefix>p</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration><Vendor own="1"><Deep>è</Deep></Vendor>',
    ],
  ] as const)
    it(`are said again as they were, where one ${what}`, () => {
      assert.equal(again(`<Rule>${rule}</Rule>`), `<Rule>${rule}</Rule>`);
    });

  it("keep what is not shown when what is shown changes", () => {
    const [rule] = lifecycleRules(
      answer(
        "<Rule><ID>f</ID><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>",
      ),
    );
    assert.ok(rule);
    assert.match(
      lifecycleXml([{ ...rule, enabled: false, prefix: "a&b/", expireDays: 9 }]),
      /<Rule><ID>f<\/ID><Filter><And><Prefix>a&amp;b\/<\/Prefix><Tag><Key>k<\/Key><Value>v<\/Value><\/Tag><\/And><\/Filter><Status>Disabled<\/Status><Expiration><Days>9<\/Days><\/Expiration><\/Rule>/,
    );
  });

  it("refuse days that are none", () => {
    for (const expireDays of [0, -1, 1.5, Number.NaN])
      assert.throws(
        () => lifecycleXml([{ id: "x", enabled: true, prefix: "", expireDays }]),
        /not a number of days/,
      );
  });
});
