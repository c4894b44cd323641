// What detect-secrets calls the kinds of secrets (https://github.com/Yelp/detect-secrets#viewing-all-enabled-plugins), and which
// of our rules find them. What no row names is a `Secret Keyword` there.

export interface Plugin {
  name: string
  type: string
  /** Our rules; `*` at either end stands for any rest. */
  rules: string[]
  settings?: Record<string, unknown>
}

export const plugins: readonly Plugin[] = [
  { name: 'ArtifactoryDetector', type: 'Artifactory Credentials', rules: ['artifactory-*'] },
  { name: 'AWSKeyDetector', type: 'AWS Access Key', rules: ['aws-*', 'amazon-*'] },
  { name: 'AzureStorageKeyDetector', type: 'Azure Storage Account access key', rules: ['azure-storage-*'] },
  { name: 'BasicAuthDetector', type: 'Basic Auth Credentials', rules: ['uri-credentials', 'basic-authorization', '*-uri'] },
  { name: 'CloudantDetector', type: 'Cloudant Credentials', rules: ['cloudant-*'] },
  { name: 'DiscordBotTokenDetector', type: 'Discord Bot Token', rules: ['discord-bot-token', 'discord-token-named'] },
  { name: 'GitHubTokenDetector', type: 'GitHub Token', rules: ['github-*'] },
  { name: 'GitLabTokenDetector', type: 'GitLab Token', rules: ['gitlab-*'] },
  { name: 'Base64HighEntropyString', type: 'Base64 High Entropy String', rules: [], settings: { limit: 4.5 } },
  { name: 'HexHighEntropyString', type: 'Hex High Entropy String', rules: [], settings: { limit: 3.0 } },
  { name: 'IbmCloudIamDetector', type: 'IBM Cloud IAM Key', rules: ['ibm-cloud-*'] },
  { name: 'IbmCosHmacDetector', type: 'IBM COS HMAC Credentials', rules: ['ibm-cos-*'] },
  { name: 'IPPublicDetector', type: 'Public IP (ipv4)', rules: [] },
  { name: 'JwtTokenDetector', type: 'JSON Web Token', rules: ['jwt', 'jwt-*'] },
  { name: 'KeywordDetector', type: 'Secret Keyword', rules: ['*'], settings: { keyword_exclude: '' } },
  { name: 'MailchimpDetector', type: 'Mailchimp Access Key', rules: ['mailchimp-*'] },
  { name: 'NpmDetector', type: 'NPM tokens', rules: ['npm-*', 'npmrc-*'] },
  { name: 'OpenAIDetector', type: 'OpenAI Token', rules: ['openai-*'] },
  { name: 'PrivateKeyDetector', type: 'Private Key', rules: ['private-key-*'] },
  { name: 'PypiTokenDetector', type: 'PyPI Token', rules: ['pypi-*', 'testpypi-*'] },
  { name: 'SendGridDetector', type: 'SendGrid API Key', rules: ['sendgrid-*'] },
  { name: 'SlackDetector', type: 'Slack Token', rules: ['slack-*'] },
  { name: 'SoftlayerDetector', type: 'SoftLayer Credentials', rules: ['ibm-softlayer-*'] },
  { name: 'SquareOAuthDetector', type: 'Square OAuth Secret', rules: ['square-*'] },
  { name: 'StripeDetector', type: 'Stripe Access Key', rules: ['stripe-*'] },
  { name: 'TelegramBotTokenDetector', type: 'Telegram Bot Token', rules: ['telegram-*'] },
  { name: 'TwilioKeyDetector', type: 'Twilio API Key', rules: ['twilio-*'] },
]

const fits = (rule: string, pattern: string): boolean =>
  pattern.endsWith('*') ? rule.startsWith(pattern.slice(0, -1)) : pattern.startsWith('*') ? rule.endsWith(pattern.slice(1)) : rule === pattern

const keyword = plugins.find((plugin) => plugin.name === 'KeywordDetector')!

/** The plugin whose kind of secret a rule of ours finds. */
export const pluginOf = (rule: string): Plugin => plugins.find((plugin) => plugin !== keyword && plugin.rules.some((pattern) => fits(rule, pattern))) ?? keyword
