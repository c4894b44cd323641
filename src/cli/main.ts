// The program. Compiled code is kept between runs, so that a command starts in little more than the runtime's own time.
import { Environment } from './environment.ts'

const { codeCache } = new Environment()
if (codeCache !== undefined) process.getBuiltinModule('node:module').enableCompileCache(codeCache)
const [{ run }, { processShell }] = await Promise.all([import('./dispatch.ts'), import('./shell.ts')])
process.exit(await run(process.argv.slice(2), processShell()))
