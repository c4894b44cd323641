// `strongroom scan uninstall`.
import { remove } from './command.ts'

export const run = (argv: string[]): Promise<number> => remove(argv)
