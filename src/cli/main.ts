// The program: the command line on the process's own streams. The build joins what every command loads into this file,
// so it must not wait here: commands that are loaded later import it.
import { run } from './dispatch.ts'
import { processShell } from './shell.ts'

void run(process.argv.slice(2), processShell()).then((code) => process.exit(code))
