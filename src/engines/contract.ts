// What every engine keeps to, whatever it does; each engine's test calls `engineContract`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Fault } from '../kit/errors.ts'
import type { Fields } from '../kit/field.ts'
import type { Engine, Route } from '../kit/route.ts'
import { mount, type HarnessOptions } from './harness.ts'

const parameters = (route: Route): string[] =>
  route.path.split('/').filter((part) => part.startsWith(':')).map((part) => part.slice(1).replace(/[?*]$/, ''))

/** The template with each parameter named `absent`. */
const absentPath = (route: Route): string => route.path.replaceAll(/:\w+[?*]?/g, 'absent')

const spellings = (path: string): string[] => {
  const at = path.lastIndexOf('/:')
  const shape = (text: string): string => text.replaceAll(/:\w+/g, ':')
  return path.endsWith('?') ? [shape(path.slice(0, -1)), shape(path.slice(0, Math.max(at, 0)))] : [shape(path)]
}

/** Registers the suite. `skip`: templates that reach for a remote system and cannot run here. */
export function engineContract(engine: Engine, options: HarnessOptions & { skip?: string[] } = {}): void {
  const routes = engine.variant?.(options.mount?.options ?? {}) ?? engine.routes

  test(`${engine.type}: no two routes claim the same operation and path`, () => {
    const claims = routes.flatMap((route) => spellings(route.path).map((path) => `${route.op} ${path}`))
    assert.deepEqual(claims.filter((claim, at) => claims.indexOf(claim) !== at), [])
  })

  test(`${engine.type}: parameters are fields, everything says what it is about`, () => {
    for (const route of routes) {
      for (const name of parameters(route)) assert.ok(route.takes[name], `${route.op} ${route.path}: :${name} is not a field`)
      assert.ok(route.about.length > 10, `${route.op} ${route.path}: no about`)
      assert.match(route.path, /^[\w:/?*-]*$/, `${route.path}: not canonical`)
      for (const [name, field] of Object.entries({ ...route.takes, ...route.gives } as Fields)) {
        assert.ok(field.about.length > 3, `${route.op} ${route.path}: ${name} has no about`)
      }
    }
  })

  for (const route of routes.filter((route) => !options.skip?.includes(route.path))) {
    test(`${engine.type}: ${route.op} ${route.path} of an absent thing is answered, never a crash`, async () => {
      for (const body of [{}, Object.fromEntries(Object.keys(route.takes).map((name) => [name, { odd: ['input'] }]))]) {
        try {
          const reply = await mount(engine, options).call(route.op, absentPath(route), body)
          assert.ok(reply.status < 500)
        } catch (error) {
          assert.ok(error instanceof Fault && error.status < 500, `${route.op} ${route.path}: ${String(error)}`)
        }
      }
    })
  }
}
