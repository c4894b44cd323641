import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { runScript } from './script.ts'

const folder = new URL('.', import.meta.url)
for (const name of readdirSync(folder).filter((file) => file.endsWith('.script'))) test(name, () => runScript(readFileSync(new URL(name, folder), 'utf8')))
