// Images of containers as `docker save` and the OCI image layout pack them: each layer by itself, so that a file which a later
// layer deletes is found as well, with the command that made it; and what the configuration holds: environment, labels, history.
// https://github.com/opencontainers/image-spec
import type { Finding } from '../../finding.ts'
import { Text } from '../../match/text.ts'
import { ScanError } from '../../scan-error.ts'
import { isTable, stringIn, stringsIn, tableIn, tablesIn, type Table } from '../../formats/shape.ts'
import type { Content } from './content.ts'
import type { Job } from './job.ts'
import type { Entry } from './tar.ts'

const largestDocument = 16 << 20
const mostLayers = 1000

interface Image {
  config: Table | null
  layers: { name: string; content: Content }[]
}

/** Findings of the images in the entries; null when they are none of an image. */
export async function scanImage(job: Job, entries: Entry[], path: string, depth: number): Promise<Finding[] | null> {
  const files = new Map(entries.filter((entry) => entry.link === undefined).map((entry) => [entry.name, entry.content]))
  for (const { name, link } of entries) {
    const target = link && (files.get(link.replace(/^(?:\.\.?\/)+/, '')) ?? files.get(link))
    if (target) files.set(name, target)
  }
  if (!files.has('manifest.json') && !(files.has('index.json') && files.has('oci-layout'))) return null
  const images = files.has('manifest.json') ? readSaved(files) : readLayout(files)
  if (images.length === 0) return null
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const image of images) {
    const commands = image.config ? historyOf(image.config) : []
    findings.push(...scanConfig(job, image.config, path))
    for (const [number, layer] of image.layers.entries()) {
      if (seen.has(layer.name) || number >= mostLayers) continue
      seen.add(layer.name)
      const found = await job.scan(layer.content, `${path}!/layer ${number + 1}`, depth)
      const command = commands[number]
      findings.push(...found.map((finding) => (command ? { ...finding, about: `${finding.about} (in a layer made by: ${hidden(command, finding.secret)})` } : finding)))
    }
  }
  return findings
}

const hidden = (command: string, secret: string): string => command.replaceAll(secret, '…').replace(/\s+/g, ' ').slice(0, 120)

function readJson(files: Map<string, Content>, name: string): unknown {
  const content = files.get(name)
  if (!content || content.length > largestDocument) throw new ScanError(`the image has no ${name.slice(0, 80)}`)
  try {
    return JSON.parse(content.read(0, content.length).toString('utf8'))
  } catch {
    throw new ScanError(`${name.slice(0, 80)} of the image is no valid JSON`)
  }
}

function readTable(files: Map<string, Content>, name: string): Table {
  const value = readJson(files, name)
  if (!isTable(value)) throw new ScanError(`${name.slice(0, 80)} of the image is no object`)
  return value
}

/** `manifest.json` of `docker save`. An archive that has a file of that name for other reasons gives none. */
function readSaved(files: Map<string, Content>): Image[] {
  const list = readJson(files, 'manifest.json')
  if (!Array.isArray(list) || !list.every((one) => isTable(one) && Array.isArray(one.Layers))) return []
  return (list as Table[]).map((one) => {
    const config = stringIn(one, 'Config')
    const layers = stringsIn(one, 'Layers', mostLayers).flatMap((name) => (files.has(name) ? [{ name, content: files.get(name)! }] : []))
    return { config: config && files.has(config) ? readTable(files, config) : null, layers }
  })
}

const deepestIndex = 3

/** `index.json` of an OCI layout; an index may hold others, one per platform. */
function readLayout(files: Map<string, Content>): Image[] {
  const blob = (one: Table): string => `blobs/${(stringIn(one, 'digest') ?? '').replace(':', '/')}`
  const follow = (index: Table, depth: number): Image[] =>
    tablesIn(index, 'manifests', mostLayers).flatMap((one) => {
      if (!files.has(blob(one))) return []
      const manifest = readTable(files, blob(one))
      if (Object.hasOwn(manifest, 'manifests')) return depth < deepestIndex ? follow(manifest, depth + 1) : []
      const config = tableIn(manifest, 'config')
      const layers = tablesIn(manifest, 'layers', mostLayers).map(blob).flatMap((name) => (files.has(name) ? [{ name, content: files.get(name)! }] : []))
      return [{ config: config && files.has(blob(config)) ? readTable(files, blob(config)) : null, layers }]
    })
  return follow(readTable(files, 'index.json'), 0)
}

/** The commands of the layers, in their order; those that change only the configuration have none. */
const historyOf = (config: Table): string[] =>
  tablesIn(config, 'history', 10_000).filter((one) => one.empty_layer !== true).map((one) => stringIn(one, 'created_by') ?? '')

/** The configuration as a Dockerfile would say it. */
function scanConfig({ scanner }: Job, config: Table | null, path: string): Finding[] {
  if (config === null) return []
  const runtime = tableIn(config, 'config') ?? {}
  const labels = tableIn(runtime, 'Labels') ?? {}
  const lines = [
    ...stringsIn(runtime, 'Env').map((one) => `ENV ${one}`),
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
    ...stringsIn(runtime, 'Entrypoint').map((one) => `ENTRYPOINT ${one}`),
    ...stringsIn(runtime, 'Cmd').map((one) => `CMD ${one}`),
  ]
  const history = tablesIn(config, 'history', 10_000).map((one) => (stringIn(one, 'created_by') ?? '').replace(/^\/bin\/sh -c #\(nop\) +/, '').replace(/^\/bin\/sh -c /, 'RUN ').replace(/\s*# buildkit$/, ''))
  const texts: [string, string[]][] = [['config', lines], ['history', history]]
  const found = texts.flatMap(([name, list]) => scanner.scan(new Text(Buffer.from(list.join('\n'))), { path: 'Dockerfile' }).map((finding) => ({ ...finding, file: `${path}!/${name}` })))
  const seen = new Set<string>()
  return found.filter((finding) => !seen.has(finding.fingerprint) && seen.add(finding.fingerprint))
}
