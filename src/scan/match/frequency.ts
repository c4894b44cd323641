// How often a byte of a set stands in programs and their settings.

/** Roughly, in thousandths. */
const frequency = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 97 && byte <= 122) return 22
  if (byte === 32) return 150
  if (byte === 10) return 30
  return (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) ? 4 : byte > 32 && byte < 127 ? 6 : 0
})
const shares = new Map<Uint8Array, number>()

/** The share of places that hold a byte of the set. */
export function shareOf(set: Uint8Array): number {
  let share = shares.get(set)
  if (share === undefined) {
    share = 0
    for (let byte = 0; byte < 256; byte++) share += (frequency[byte]! * set[byte]!) / 1000
    shares.set(set, share)
  }
  return share
}
