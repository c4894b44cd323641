// Runs one step of a rotation function that is a module: the event comes on standard input, `handler(event, context)` is
// awaited. A process of its own: nothing of the server is in reach.
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'

const [, , file, exported] = process.argv
const event: unknown = JSON.parse(await text(process.stdin))
const module = (await import(pathToFileURL(file!).href)) as Record<string, unknown> & { default?: Record<string, unknown> }
const handler = module[exported!] ?? module.default?.[exported!]
if (typeof handler !== 'function') process.exit(2)
await handler(event, { functionName: file, getRemainingTimeInMillis: () => 60_000 })
process.exit(0)
