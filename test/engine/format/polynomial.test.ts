import assert from "node:assert/strict";
import {
  degree,
  isIrreducible,
  modulo,
  randomPolynomial,
} from "../../../src/engine/format/polynomial.ts";

describe("polynomials over GF(2)", () => {
  it("knows which are irreducible", () => {
    // x^2 + x + 1, x^3 + x + 1, AES' own, and the chunker's published one.
    for (const prime of [0b111n, 0b1011n, 0x11bn, 0x3da3358b4dc173n])
      assert.ok(isIrreducible(prime), prime.toString(16));
    // x^2 + 1 = (x + 1)^2, x^3 + 1, an even one, the published one with a bit turned.
    for (const composite of [0b101n, 0b1001n, 0x3da3358b4dc172n, 0x3da3358b4dc171n, 1n, 0n])
      assert.ok(!isIrreducible(composite), composite.toString(16));
  });

  it("divides with a remainder of lower degree", () => {
    assert.equal(modulo(0x53n, 0x11bn), 0x53n);
    assert.equal(modulo(0x3f7en, 0x11bn), 1n);
  });

  it("draws a different irreducible polynomial of degree 53 each time", async () => {
    const drawn = await Promise.all(Array.from({ length: 5 }, randomPolynomial));
    assert.equal(new Set(drawn).size, 5);
    for (const polynomial of drawn) {
      assert.equal(degree(polynomial), 53);
      assert.ok(isIrreducible(polynomial));
    }
  });
});
