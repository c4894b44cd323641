// Another's command line (HashiCorp's `vault` or OpenBao's `bao`, where one is on the PATH) against a development server.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDev } from '../process.test-aid.ts'
import { run } from './toolchain.test-aid.ts'

/** One command a line; `!2` before it: the exit code that it must end with. `$RULES` and `$LOG` are files. */
const lines = `
status
secrets list -detailed
secrets enable -version=1 -path=one kv
secrets enable -path=keys transit
secrets tune -default-lease-ttl=1h one
kv put one/a b=c
kv get -field=b one/a
kv enable-versioning one
secrets move one two
secrets disable two
kv put -cas=0 secret/a x=1 y=2
kv put -cas=1 secret/a x=2 y=3
!2 kv put -cas=1 secret/a x=3
kv get -format=json secret/a
kv get -version=1 -mount=secret a
kv patch secret/a z=3
kv patch -method=rw secret/a z=4
kv list secret
kv metadata put -max-versions=5 -custom-metadata=owner=me secret/a
kv metadata patch -custom-metadata=team=core secret/a
kv metadata get secret/a
kv delete secret/a
kv undelete -versions=4 secret/a
kv rollback -version=1 secret/a
kv destroy -versions=1 secret/a
kv metadata delete secret/a
!2 kv get secret/a
write -f keys/keys/k
write keys/encrypt/k plaintext=aGVsbG8=
list keys/keys
auth enable userpass
auth tune -default-lease-ttl=10m userpass
auth list -detailed
auth help userpass
write auth/userpass/users/ada password=pw policies=default
login -no-store -method=userpass username=ada password=pw
lease revoke -prefix auth/userpass
token revoke -mode=path auth/userpass
auth disable userpass
policy write p $RULES
policy read p
policy list
policy delete p
token create -policy=default -ttl=1h -orphan
token create -format=json -type=batch -policy=default
token lookup
token capabilities secret/a
list sys/leases/lookup/auth
!2 lease lookup no/such
audit enable file file_path=$LOG
audit list -detailed
audit disable file
operator key-status
operator rotate
operator members
operator generate-root -init
operator generate-root -cancel
operator rekey -init -key-shares=1 -key-threshold=1
operator rekey -cancel
plugin list
path-help sys/mounts
write -wrap-ttl=60s sys/wrapping/wrap a=b
write cubbyhole/x a=b
!2 read no/such
version-history
operator seal
!2 status`

test('another\'s command line', async (t) => {
  const found = ['vault', 'bao'].map((name) => process.env[`PEER_${name.toUpperCase()}`] ?? name)
  const versions = await Promise.all(found.map((name) => run(name, ['version'])))
  const peer = found.find((_, index) => versions[index]!.code === 0 && !versions[index]!.output.includes('Strongroom'))
  if (peer === undefined) return t.skip('no other command line is installed')
  const home = await mkdtemp(join(tmpdir(), 'strongroom-peer-'))
  const server = await startDev(home)
  t.after(async () => {
    await server.kill()
    await rm(home, { recursive: true, force: true })
  })
  const files: Record<string, string> = { $RULES: join(home, 'rules.hcl'), $LOG: join(home, 'audit.log') }
  await writeFile(files.$RULES!, 'path "secret/*" { capabilities = ["read"] }\n')
  const env = { HOME: home, PATH: process.env.PATH, VAULT_ADDR: server.address, VAULT_TOKEN: 'root', BAO_ADDR: server.address, BAO_TOKEN: 'root' }
  for (const line of lines.trim().split('\n')) {
    const [, code = '0', command] = /^(?:!(\d) )?(.*)$/.exec(line)!
    const ran = await run(peer, command!.split(' ').map((word) => files[word] ?? word.replace(/\$\w+/, (name) => files[name]!)), { env })
    assert.equal(ran.code, Number(code), `${line}\n${ran.output}`)
  }
})
