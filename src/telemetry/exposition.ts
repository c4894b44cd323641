// Samples as text: Prometheus' format (prometheus.io/docs/instrumenting/exposition_formats) and the JSON of Vault's sys/metrics.
import { type Sample, quantile } from './metrics.ts'

/** Each sample appears under our own name and under Vault's. */
const prefixes = ['strongroom', 'vault']
const quantiles = [0.5, 0.9, 0.99]

const escape = (value: string): string => value.replace(/[\\"\n]/g, (letter) => (letter === '\n' ? '\\n' : `\\${letter}`))

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** Content type `text/plain; version=0.0.4`. */
export function prometheusText(samples: readonly Sample[]): string {
  const lines: string[] = []
  for (const prefix of prefixes) {
    const named = Map.groupBy(samples, ({ name }) => `${prefix}_${name.replace(/[.-]/g, '_')}`)
    for (const [name, group] of named) {
      lines.push(`# HELP ${name} ${group[0]!.about}`, `# TYPE ${name} ${group[0]!.kind}`)
      for (const sample of group) lines.push(...linesOf(name, sample))
    }
  }
  return `${lines.join('\n')}\n`
}

function linesOf(name: string, { labels = {}, value = 0, summary }: Sample): string[] {
  if (!summary) return [`${name}${labelText(labels)} ${value}`]
  return [
    ...quantiles.map((part) => `${name}${labelText({ ...labels, quantile: String(part) })} ${quantile(summary, part)}`),
    `${name}_sum${labelText(labels)} ${summary.sum}`,
    `${name}_count${labelText(labels)} ${summary.count}`,
  ]
}

/** The object that Vault answers without `format=prometheus`. */
export function metricsJson(samples: readonly Sample[], now: Date): Record<string, unknown> {
  const at = (sample: Sample): { Name: string; Labels: Record<string, string> } => ({ Name: `vault.${sample.name}`, Labels: sample.labels ?? {} })
  return {
    Timestamp: now.toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' +0000 UTC'),
    Gauges: samples.filter(({ kind }) => kind === 'gauge').map((sample) => ({ ...at(sample), Value: sample.value ?? 0 })),
    Points: [],
    Counters: samples.filter(({ kind }) => kind === 'counter').map((sample) => ({ ...at(sample), Count: sample.value ?? 0, Sum: sample.value ?? 0 })),
    Samples: samples.flatMap((sample) =>
      sample.summary ? [{ ...at(sample), Count: sample.summary.count, Sum: sample.summary.sum, Mean: sample.summary.count === 0 ? 0 : sample.summary.sum / sample.summary.count }] : []),
  }
}
