// Numbers that the server keeps of itself. Counting is an addition, timing two additions in one of 64 classes of duration;
// names, labels and texts are made when somebody asks. No label is made of what a client sent.

export interface Sample {
  /** In Vault's words without its prefix, with dots: `core.handle_request`. */
  name: string
  about: string
  kind: 'counter' | 'gauge' | 'summary'
  labels?: Record<string, string>
  value?: number
  summary?: Summary
  /** How the values of several processes over one store become one: they add up, or are the same thing seen twice. */
  join?: 'sum' | 'max'
}

/** Durations in milliseconds. `classes[n]` counts those below 2^(n/2) microseconds and not below the class before. */
export interface Summary {
  count: number
  sum: number
  classes: number[]
}

const classCount = 64

export class Timer {
  #count = 0
  #sum = 0
  readonly #classes = new Float64Array(classCount)

  observe(milliseconds: number): void {
    this.#count++
    this.#sum += milliseconds
    const microseconds = milliseconds * 1000
    const at = microseconds <= 1 ? 0 : Math.min(classCount - 1, Math.ceil(2 * Math.log2(microseconds)))
    this.#classes[at]!++
  }

  get summary(): Summary {
    return { count: this.#count, sum: this.#sum, classes: [...this.#classes] }
  }
}

/** The duration in milliseconds below which that part of all lies; exact to a factor of 1.41. NaN where there is none. */
export function quantile({ count, classes }: Summary, part: number): number {
  if (count === 0) return NaN
  let seen = 0
  const at = classes.findIndex((inClass) => (seen += inClass) >= count * part)
  return 2 ** ((at < 0 ? classCount - 1 : at) / 2) / 1000
}

const keyOf = ({ name, labels = {} }: Sample): string => `${name} ${JSON.stringify(Object.entries(labels).sort())}`

/** The samples of several processes as those of one server. */
export function mergeSamples(processes: readonly (readonly Sample[])[]): Sample[] {
  const merged = new Map<string, Sample>()
  for (const sample of processes.flat()) {
    const present = merged.get(keyOf(sample))
    merged.set(keyOf(sample), present ? joined(present, sample) : sample)
  }
  return [...merged.values()]
}

function joined(one: Sample, other: Sample): Sample {
  if (one.summary && other.summary) {
    const [first, second] = [one.summary, other.summary]
    return { ...one, summary: { count: first.count + second.count, sum: first.sum + second.sum, classes: first.classes.map((inClass, at) => inClass + second.classes[at]!) } }
  }
  const [first, second] = [one.value ?? 0, other.value ?? 0]
  return { ...one, value: one.join === 'max' ? Math.max(first, second) : first + second }
}
