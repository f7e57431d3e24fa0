import assert from "node:assert/strict";
import { TransferMeter } from "../../../src/app/transfers/meter.ts";

describe("the meter of a transfer", () => {
  it("averages evenly at the beginning, and forgets what was long ago", () => {
    const meter = new TransferMeter(0);
    meter.tick(1000);
    meter.addBytes(2000);
    meter.tick(2000);
    assert.ok(Math.abs((meter.bytesPerSecond ?? 0) - 1100) < 20, String(meter.bytesPerSecond));
    for (let second = 3; second < 40; second++) {
      meter.addBytes(500);
      meter.tick(second * 1000);
    }
    assert.ok(Math.abs((meter.bytesPerSecond ?? 0) - 500) < 5, String(meter.bytesPerSecond));
  });

  it("tells the time left by bytes, and by files where there are many", () => {
    const meter = new TransferMeter(0);
    meter.addBytes(1000);
    for (let i = 0; i < 10; i++) meter.addItems(1);
    meter.tick(1000);
    assert.equal(meter.secondsLeft(10_000, 2), 10);
    assert.equal(meter.secondsLeft(10_000, 1000), 100);
    assert.equal(meter.secondsLeft(0, 20), 2);
  });

  it("knows no time left while nothing moves", () => {
    const meter = new TransferMeter(0);
    assert.equal(meter.secondsLeft(10, 1), undefined);
    meter.tick(5000);
    assert.equal(meter.secondsLeft(10, 1), undefined);
    assert.equal(meter.bytesPerSecond, 0);
  });
});
