// Fingerprints of the store's secrets, and the key to them: from the server to a scan or to files.
import type { Known } from '../scan/known/index.ts'
import type { Client } from './api.ts'
import { connect } from './connection.ts'
import { describe } from './failure.ts'
import { replaceSecret } from './files.ts'
import type { Shell } from './shell.ts'

const path = 'sys/known-secrets'

async function keyOf(client: Client): Promise<string> {
  const key = (await client.read(`${path}/key`))?.data?.key
  if (typeof key !== 'string') throw new Error('the server gave no key')
  return key
}

async function textOf(client: Client): Promise<string> {
  return (await client.request('GET', path, { timeout: 0 })).text()
}

/** What `scan --known` needs, from the server that the environment names. Rejects with what a person should read. */
export async function askStore(shell: Shell): Promise<Known> {
  try {
    const client = await connect({}, shell)
    return { key: Buffer.from(await keyOf(client)), text: await textOf(client) }
  } catch (error) {
    throw new Error(describe(error), { cause: error })
  }
}

export async function saveKey(client: Client, file: string): Promise<void> {
  replaceSecret(file, `${await keyOf(client)}\n`)
}

/** How many values have fingerprints now, and how much the token may not see. */
export async function saveKnown(client: Client, file: string): Promise<{ secrets: number; refused: number }> {
  const text = await textOf(client)
  const { secrets, refused } = JSON.parse(text) as { secrets: unknown[]; refused: number }
  replaceSecret(file, text)
  return { secrets: secrets.length, refused }
}
