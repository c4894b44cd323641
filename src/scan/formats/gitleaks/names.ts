// How the rules of gitleaks are called here, for lists that name them. A name that is not in the table is looked for as it is.

/** `*` at the end stands for any rest. */
const ours: Record<string, string[]> = {
  'aws-access-token': ['aws-access-key-id', 'aws-secret-access-key', 'aws-session-token'],
  'adobe-client-secret': ['adobe-*'],
  'algolia-api-key': ['algolia-key'],
  'airtable-api-key': ['airtable-*'],
  'atlassian-api-token': ['atlassian-*', 'jira-token-old'],
  'azure-ad-client-secret': ['azure-entra-client-secret', 'azure-client-secret-named'],
  'cloudflare-api-key': ['cloudflare-*'],
  'curl-auth-header': ['curl-auth-header', 'bearer-token', 'basic-authorization'],
  'curl-auth-user': ['curl-user-password'],
  'databricks-api-token': ['databricks-token'],
  'datadog-access-token': ['datadog-key'],
  'discord-api-token': ['discord-bot-token', 'discord-token-named'],
  'dropbox-api-token': ['dropbox-*'],
  'facebook-secret': ['facebook-*'],
  'gcp-api-key': ['google-api-key'],
  'generic-api-key': ['generic-*'],
  'github-fine-grained-pat': ['github-fine-grained-pat'],
  'github-oauth': ['github-oauth-token'],
  'gitlab-ptt': ['gitlab-trigger-token'],
  'gitlab-rrt': ['gitlab-runner-registration-token'],
  'grafana-cloud-api-token': ['grafana-cloud-token'],
  'hashicorp-tf-api-token': ['terraform-cloud-token'],
  'heroku-api-key-v2': ['heroku-api-key'],
  'huggingface-access-token': ['huggingface-token'],
  'kubernetes-secret-yaml': ['generic-*'],
  'linkedin-client-secret': ['linkedin-*'],
  'mailchimp-api-key': ['mailchimp-key'],
  'mailgun-private-api-token': ['mailgun-key', 'mailgun-key-named'],
  'new-relic-user-api-key': ['newrelic-user-key'],
  'npm-access-token': ['npm-token', 'npm-token-old'],
  'private-key': ['private-key-*'],
  'pypi-upload-token': ['pypi-token', 'testpypi-token'],
  'rubygems-api-token': ['rubygems-token'],
  'sendgrid-api-token': ['sendgrid-api-key'],
  'sentry-access-token': ['sentry-*'],
  'shopify-access-token': ['shopify-*'],
  'slack-webhook-url': ['slack-webhook'],
  'slack-legacy-bot-token': ['slack-bot-token-old'],
  'square-access-token': ['square-*'],
  'stripe-access-token': ['stripe-secret-key', 'stripe-restricted-key'],
  'telegram-bot-api-token': ['telegram-*'],
  'twitch-api-token': ['twitch-token'],
  'vault-service-token': ['vault-service-token', 'vault-token-old'],
}

/** Whether a rule of ours is what gitleaks calls `theirs`. */
export const isCalled = (rule: string, theirs: string): boolean =>
  rule === theirs || (Object.hasOwn(ours, theirs) && ours[theirs]!.some((name) => (name.endsWith('*') ? rule.startsWith(name.slice(0, -1)) : rule === name)))

/**
 * Whether both names may speak of one finding at the same place: the same rule, the same provider, or a generic one on either side,
 * as scanners differ in which of their rules finds a secret first.
 */
export const maySpeakOfOne = (rule: string, theirs: string): boolean =>
  isCalled(rule, theirs) || rule.split('-')[0] === theirs.split('-')[0] || theirs === 'generic-api-key' || rule.startsWith('generic-')
