// Odd values of odd types, drawn by a generator that starts the same in each run.

/** Numbers from 0 up to 1, always the same ones for a seed. Marsaglia's xorshift. */
export function numbers(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x1_0000_0000
  }
}

export const pick = <T>(from: readonly T[], next: () => number): T => from[Math.floor(next() * from.length)]!

/** As JSON text, so that it may hold what no JavaScript value can. */
export const oddJson: readonly string[] = [
  '""', '" "', '"a"', '"root"', '"default"', '"__proto__"', '"constructor"', '"toString"', '"hasOwnProperty"', '"../.."', '"/"', '"a/b"', '"\\u0000"', '"\\n\\r"', '"\\ud800"', '"e\\u0301"', '"\\uff52oot"',
  '"*"', '"+"', '"{{identity.entity.name}}"', '"{{"', '"1h"', '"-1h"', '"1h1h1h"', '"Infinity"', '"NaN"', '"0x10"', '"1e308"', '"true"', '"AAAA"', '"===="', '"{}"', '"[]"', '"(a+)+$"',
  JSON.stringify('9'.repeat(400)), JSON.stringify('x'.repeat(5000)), JSON.stringify('%25%00'), JSON.stringify('http://127.0.0.1:1/'),
  '0', '-0', '1', '-1', '2', '0.5', '1e308', '-1e308', '1e999', '9007199254740993', '4294967296', '2147483648', '86400000000000',
  'null', 'true', 'false', '[]', '[[]]', '[null]', '[1,"a",{}]', '["a","a"]', '["__proto__"]', '{}', '{"a":{}}', '{"__proto__":{"a":1}}', '{"\\u005f_proto__":{"polluted":"yes"}}', '{"constructor":{"prototype":{}}}',
  '{"a":null}', '{"":""}', '{"toString":"x","valueOf":1,"length":-1,"then":"x","toJSON":"x"}',
]

/** For one segment of a path, as it stands on the request line. */
export const oddSegments: readonly string[] = ['a', 'x', 'root', 'default', '__proto__', 'constructor', 'toString', '1', '0', '-1', '1e308', 'NaN', '%20', '%F0%9F%92%A9', '%EF%BD%92oot', 'a%2Fb', '*', '+', '{{', '..%2F', '%00', '.', 'a,b', 'a;b', 'a=b', '@', ':', 'x'.repeat(3000), '%', '%C3%28']
