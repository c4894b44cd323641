// HashiCorp: Vault, Terraform, Vagrant.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { joined, looksRandom } from './shape.ts'
import { tokens } from './token.ts'

const vault = 'https://developer.hashicorp.com/vault/docs/concepts/tokens'

export const hashicorp: Rule[] = [
  ...tokens({
    'vault-service-token': ['Vault service token', vault, 'hvs[.][A-Za-z0-9_-]{24,300}', { entropy: 3 }],
    'vault-batch-token': ['Vault batch token', vault, 'hvb[.][A-Za-z0-9_-]{100,1000}', { entropy: 3.5, window: 1100 }],
    'vault-recovery-token': ['Vault recovery token', vault, 'hvr[.][A-Za-z0-9_-]{24,300}', { entropy: 3 }],
    'vault-token-old': ['Vault token of the older form', vault, '[sbr][.][A-Za-z0-9]{24}(?:[.][A-Za-z0-9]{5})?', { keywords: ['vault',
      'token'], entropy: 3.8, check: looksRandom,
      pattern: joined(
        /(?:(?i:vault|token)(?:.|\r?\n){0,40}?(?<![A-Za-z0-9_.-])|^)/,
        /(?<secret>[sbr]\.[A-Za-z0-9]{24}(?:\.[A-Za-z0-9]{5})?)(?![A-Za-z0-9_.-])/,
      ),
        misses: ['vault = s.short'], hits: [`VAULT_TOKEN=s.${'aB3dE6gHiJ9kLmN7pQrStU4w'}`] }],
    'terraform-cloud-token': ['HCP Terraform API token',
      'https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens',
      '[A-Za-z0-9]{14}[.]atlasv1[.][A-Za-z0-9_=-]{60,70}', { keywords: ['atlasv1'], misses: ['x.atlasv1.y'],
      pattern: /(?<![A-Za-z0-9])(?<secret>[A-Za-z0-9]{14}\.?(?:atlasv1\.)[A-Za-z0-9_=-]{60,70})(?![A-Za-z0-9_-])/ }],
    'vagrant-cloud-token': ['Vagrant Cloud token', 'https://developer.hashicorp.com/vagrant/vagrant-cloud',
      '[A-Za-z0-9]{14}.?atlasv1.?[A-Za-z0-9_=-]{60,70}', { keywords: ['atlasv1'], misses: ['vagrant atlasv1'], confidence: 'medium' }],
  }),
  ...near({
    'vault-approle-secret-id': ['Vault AppRole secret id', 'https://developer.hashicorp.com/vault/docs/auth/approle',
      'secret id|role id|vault', uuid, { strict: true,
      pattern: joined(
        /(?:(?i:secret|role)[-_ ]?(?i:id))["']?\s{0,3}[=:]\s{0,3}["']?/,
        /(?<secret>[a-fA-F0-9]{8}-(?:[a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12})(?![A-Za-z0-9-])/,
      ),
      hits: ['secret_id = "01234567-89ab-4cde-8f01-23456789abcd"'], keywords: ['secret_id', 'secretid', 'secret-id', 'role_id', 'roleid',
      'role-id'] }],
    'terraform-password': ['Password of a database in Terraform',
      'https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/mssql_server', 'administrator_login_password',
      '[A-Za-z0-9=_!@#$%^&*.-]{8,40}', {
      generic: true, check: secret => !/[{$}]/.test(secret), keywords: ['administrator_login_password', 'administrator_password',
        'master_password', 'root_password'],
      pattern: joined(
        /(?:administrator_(?:login_)?password|master_password|root_password)\s{0,20}=\s{0,3}"/,
        /(?<secret>[A-Za-z0-9=_!@#$%^&*.-]{8,40})"/,
      ),
        hits: ['administrator_login_password = "4-v3ry-53cr37-p455w0rd"'], misses: ['administrator_login_password = var.password'] }],
  }),
]
