// Passwords among the arguments of commands: `curl -u user:password`, `mysql -pPASSWORD`, `sshpass -p PASSWORD`.
import type { Candidate } from '../match/candidate.ts'
import type { Detector } from '../match/matcher.ts'
import type { Text } from '../match/text.ts'
import { judge } from './judge.ts'
import { commandPassword } from './rules.ts'

const value = String.raw`(?:\\?(["'])(?<quoted>[^"'\s\\]{3,200})\\?\1|(?<bare>[^\s"'\\]{3,200}))`
const forms: [word: string, pattern: RegExp, pair: boolean][] = [
  ['curl', new RegExp(String.raw`^curl\b[^\n|;&]{0,512}?\s(?:-u|--user|--proxy-user|-U)(?:\s+|=)?${value}`), true],
  ['mysql', new RegExp(String.raw`^mysql(?:dump|admin|import)?\b[^\n|;&]{0,256}?\s-p${value}`), false],
  ['sshpass', new RegExp(String.raw`^sshpass\s+-p\s*${value}`), false],
  ['wget', new RegExp(String.raw`^wget\b[^\n|;&]{0,256}?\s--(?:http-|ftp-|proxy-)?password[= ]${value}`), false],
  ['redis-cli', new RegExp(String.raw`^redis-cli\b[^\n|;&]{0,256}?\s-a\s+${value}`), false],
  ['docker login', new RegExp(String.raw`^docker login\b[^\n|;&]{0,256}?\s-p\s*${value}`), false],
  ['net use', new RegExp(String.raw`^net use\s[^\n]{0,200}?/user:\S{1,100}\s+${value}`), false],
  ['psexec', new RegExp(String.raw`^psexec\b[^\n]{0,256}?\s-p\s+${value}`, 'i'), false],
]

export class Commands implements Detector {
  readonly keywords = forms.map(([word]) => word)

  hit(text: Text, start: number, end: number, _place: unknown, found: (candidate: Candidate) => void): void {
    const word = text.bytes.toString('latin1', start, end).toLowerCase()
    const line = text.bytes.toString('latin1', start, text.lineEnd(start, 800))
    for (const [form, pattern, pair] of forms) {
      if (form !== word) continue
      const match = pattern.exec(line)
      const whole = match?.groups?.quoted ?? match?.groups?.bare
      if (!match || whole === undefined) continue
      const colon = pair ? whole.indexOf(':') : -1
      if (pair && colon < 0) continue
      const secret = whole.slice(colon + 1)
      const confidence = judge(secret, 'password', word, false)
      if (confidence === null) continue
      const from = start + match[0].lastIndexOf(secret)
      found({ rule: commandPassword, secret, start: from, end: from + secret.length, matchStart: start, matchEnd: start + match[0].length, confidence })
    }
  }
}
