/** How often a suite tries to find a fault: `usual`, or FAULT_ROUNDS; more find more. */
export function faultRounds(usual: number): number {
  return Number(process.env["FAULT_ROUNDS"] ?? usual);
}
