// Deltas of packs: how one object is made from another (https://git-scm.com/docs/pack-format, deltified representation).

/** Sizes of the object that a delta starts from and of the one that it makes, and where its instructions begin. */
export interface DeltaHead {
  base: number
  result: number
  at: number
}

export function deltaHead(delta: Buffer): DeltaHead {
  const sizes = [0, 0]
  let at = 0
  for (let which = 0; which < 2; which++) {
    for (let factor = 1; ; factor *= 128) {
      const byte = delta[at++]
      if (byte === undefined || factor > 2 ** 42) throw new Error('the delta is broken')
      sizes[which]! += (byte & 127) * factor
      if (byte < 128) break
    }
  }
  return { base: sizes[0]!, result: sizes[1]!, at }
}

/** Fills the target, which is as long as the delta says; throws where the delta does not fit base and target. */
export function applyDelta(delta: Buffer, from: number, base: Buffer, target: Buffer): void {
  let at = from
  let filled = 0
  while (at < delta.length) {
    const instruction = delta[at++]!
    if (instruction >= 128) {
      let offset = 0
      let size = 0
      if (instruction & 1) offset = delta[at++]!
      if (instruction & 2) offset |= delta[at++]! << 8
      if (instruction & 4) offset |= delta[at++]! << 16
      if (instruction & 8) offset += delta[at++]! * 2 ** 24
      if (instruction & 16) size = delta[at++]!
      if (instruction & 32) size |= delta[at++]! << 8
      if (instruction & 64) size |= delta[at++]! << 16
      if (size === 0) size = 1 << 16
      if (!(offset + size <= base.length && filled + size <= target.length)) throw new Error('the delta is broken')
      base.copy(target, filled, offset, offset + size)
      filled += size
    } else {
      if (instruction === 0 || at + instruction > delta.length || filled + instruction > target.length) throw new Error('the delta is broken')
      for (const end = at + instruction; at < end; ) target[filled++] = delta[at++]!
    }
  }
  if (filled !== target.length) throw new Error('the delta is broken')
}
