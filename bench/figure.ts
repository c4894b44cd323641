// What a bench gives, and what it is given.

export interface Figure {
  name: string
  value: number
  unit: string
  /** In words: what the project sets out to reach. */
  target?: string
  holds?: boolean
}

export interface Peer {
  url: string
  token: string
  /** Of its process on this machine, for its processor time; 0: unknown. */
  pid: number
}

export interface Options {
  peer: Peer | null
  /** An empty database for us, on the server that a peer uses too; null: on a server of the bench's own. */
  postgres: string | null
  /** Scanners to measure beside ours: the command that scans the folder named behind it, by name. */
  scanners: Record<string, string[]>
  /** Fewer requests: to see that it runs. */
  quick: boolean
}

export interface Bench {
  about: string
  run(options: Options): Promise<Figure[]>
}

/** A figure that should be at least `target`. */
export const atLeast = (name: string, value: number, target: number, unit = '×'): Figure => ({ name, value, unit, target: `≥ ${target}`, holds: value >= target })
/** A figure that should be at most `target`. */
export const atMost = (name: string, value: number, target: number, unit = '×'): Figure => ({ name, value, unit, target: `≤ ${target}`, holds: value <= target })
export const plain = (name: string, value: number, unit: string): Figure => ({ name, value, unit })
