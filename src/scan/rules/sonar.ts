// SonarQube and SonarCloud.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

export const sonar: Rule[] = [
  ...tokens({
    'sonarqube-token': ['SonarQube token', 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
      'sq[uap]_[a-f0-9]{40}', { keywords: ['squ_', 'sqa_', 'sqp_'],
      pattern: /(?<![A-Za-z0-9])(?<secret>sq[uap]_[a-z0-9_=-]{40})(?![A-Za-z0-9_-])/ }],
  }),
  ...near({
    'sonar-token-old': ['SonarQube or SonarCloud token', 'https://docs.sonarsource.com/', 'sonar', hex(40), { entropy: 3,
      pattern: joined(
        /(?:(?i:sonar)[\w.-]{0,20}(?:[.\s_-](?i:login|token|key|secret|password|api[-_]?key))?["']?\s{0,3}[=:>,]\s{0,3}["']?)/,
        /(?<secret>[A-Za-z0-9]{40})(?![A-Za-z0-9_-])/,
      ) }],
  }),
]
