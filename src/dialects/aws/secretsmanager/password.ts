// GetRandomPassword: characters drawn evenly from the random bytes that `sys/tools/random` gives.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, number, string } from '../shape.ts'

const sets = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}

/** Hands out even random numbers below `limit` (at most 256) from a supply of bytes; asks for more when it is used up. */
function makeDice(refill: () => Promise<Buffer>) {
  let bytes: Buffer = Buffer.alloc(0)
  let at = 0
  return async (limit: number): Promise<number> => {
    for (;;) {
      if (at >= bytes.length) {
        bytes = await refill()
        at = 0
      }
      const byte = bytes[at++]!
      // Bytes beyond the last whole multiple would favour the first characters.
      if (byte < 256 - (256 % limit)) return byte % limit
    }
  }
}

export const passwordOperations = [
  operation({
    name: 'GetRandomPassword',
    about: 'Makes a password by rules; nothing is stored.',
    access: [{ op: 'write', path: 'sys/tools/random' }],
    input: {
      PasswordLength: number({ min: 1, max: 4096 }), ExcludeCharacters: string({ max: 4096 }), ExcludeNumbers: boolean(), ExcludePunctuation: boolean(), ExcludeUppercase: boolean(),
      ExcludeLowercase: boolean(), IncludeSpace: boolean(), RequireEachIncludedType: boolean(),
    },
    shows: ['PasswordLength'],
    async run(exchange, input) {
      const length = input.PasswordLength ?? 32
      const excluded = new Set(input.ExcludeCharacters ?? '')
      const chosen = [
        input.ExcludeLowercase ? '' : sets.lowercase,
        input.ExcludeUppercase ? '' : sets.uppercase,
        input.ExcludeNumbers ? '' : sets.numbers,
        input.ExcludePunctuation ? '' : sets.punctuation,
        input.IncludeSpace ? ' ' : '',
      ]
      const types = chosen.map((set) => [...set].filter((character) => !excluded.has(character))).filter((set) => set.length > 0)
      if (types.length === 0) throw new AwsFault('InvalidParameterException', 'The password length or the included character types leave no character to choose from.')
      const each = input.RequireEachIncludedType ?? true
      if (each && length < Math.min(types.length, 4)) throw new AwsFault('InvalidParameterException', 'Password length is too short based on the required types.')
      const roll = makeDice(async () => Buffer.from(String((await exchange.ask('write', 'sys/tools/random', { bytes: Math.min(2 * length + 64, 4096), format: 'base64' })).random_bytes), 'base64'))
      const pick = async (set: readonly string[]): Promise<string> => set[await roll(set.length)]!
      const all = types.flat()
      const password: string[] = []
      // A space is asked for by name, so it comes first where there is not room for all.
      if (each) for (const set of [...types].reverse().slice(0, length)) password.push(await pick(set))
      while (password.length < length) password.push(await pick(all))
      // The required ones must not stand in front.
      for (let last = password.length - 1; last > 0; last--) {
        const other = await rollBelow(roll, last + 1)
        ;[password[last], password[other]] = [password[other]!, password[last]!]
      }
      return { RandomPassword: password.join('') }
    },
  }),
]

/** An even number below any limit up to 65,536. */
async function rollBelow(roll: (limit: number) => Promise<number>, limit: number): Promise<number> {
  if (limit <= 256) return roll(limit)
  for (;;) {
    const value = (await roll(256)) * 256 + (await roll(256))
    if (value < 65_536 - (65_536 % limit)) return value % limit
  }
}
