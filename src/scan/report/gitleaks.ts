// Findings as gitleaks reports them in JSON (https://github.com/gitleaks/gitleaks#reporting), for scripts that read that.
import type { Finding } from '../finding.ts'
import { gitleaksFingerprint } from '../formats/gitleaks/ignore.ts'

export const formatGitleaks = (findings: Finding[]): string =>
  JSON.stringify(
    findings.map((finding) => ({
      RuleID: finding.rule,
      Description: finding.about,
      StartLine: finding.line,
      EndLine: finding.endLine,
      StartColumn: finding.column,
      EndColumn: finding.column + Math.max(0, finding.secret.length - 1),
      Match: finding.match,
      Secret: finding.secret,
      File: finding.file,
      SymlinkFile: '',
      Commit: finding.commit?.id ?? '',
      Entropy: 0,
      Author: finding.commit?.author ?? '',
      Email: finding.commit?.email ?? '',
      Date: finding.commit?.date ?? '',
      Message: finding.commit?.message ?? '',
      Tags: [],
      Fingerprint: gitleaksFingerprint(finding),
    })),
    null,
    1,
  ) + '\n'
