// Every detector, provider by provider. A new file of rules is one import and one line here.
import type { Rule } from '../rule.ts'
import { accounting } from './accounting.ts'
import { adobe } from './adobe.ts'
import { ai } from './ai.ts'
import { alibaba } from './alibaba.ts'
import { anthropic } from './anthropic.ts'
import { atlassianRules } from './atlassian.ts'
import { auth0 } from './auth0.ts'
import { aws } from './aws.ts'
import { azure } from './azure.ts'
import { baidu } from './baidu.ts'
import { bitcoin } from './bitcoin.ts'
import { bitwarden } from './bitwarden.ts'
import { buildkite } from './buildkite.ts'
import { business } from './business.ts'
import { circleci } from './circleci.ts'
import { cloudflare } from './cloudflare.ts'
import { clouds } from './clouds.ts'
import { coinbase } from './coinbase.ts'
import { commerce } from './commerce.ts'
import { confluent } from './confluent.ts'
import { connections } from './connections.ts'
import { contentful } from './contentful.ts'
import { dataServices } from './data-services.ts'
import { databricks } from './databricks.ts'
import { datadog } from './datadog.ts'
import { development } from './development.ts'
import { digitalocean } from './digitalocean.ts'
import { discordRules } from './discord.ts'
import { docker } from './docker.ts'
import { dopplerRules } from './doppler.ts'
import { dropbox } from './dropbox.ts'
import { flutterwave } from './flutterwave.ts'
import { fly } from './fly.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { grafanaRules } from './grafana.ts'
import { hashicorp } from './hashicorp.ts'
import { heroku } from './heroku.ts'
import { http } from './http.ts'
import { huawei } from './huawei.ts'
import { hubspot } from './hubspot.ts'
import { huggingface } from './huggingface.ts'
import { ibm } from './ibm.ts'
import { identity } from './identity.ts'
import { jenkins } from './jenkins.ts'
import { jfrog } from './jfrog.ts'
import { keys } from './keys.ts'
import { kucoin } from './kucoin.ts'
import { langchain } from './langchain.ts'
import { lark } from './lark.ts'
import { lineRules } from './line.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { mailgun } from './mailgun.ts'
import { mapbox } from './mapbox.ts'
import { marketing } from './marketing.ts'
import { messaging } from './messaging.ts'
import { meta } from './meta.ts'
import { mongodb } from './mongodb.ts'
import { namedRules } from './named.ts'
import { netlify } from './netlify.ts'
import { newrelicRules } from './newrelic.ts'
import { notion } from './notion.ts'
import { npm } from './npm.ts'
import { observability } from './observability.ts'
import { okta } from './okta.ts'
import { onepassword } from './onepassword.ts'
import { openai } from './openai.ts'
import { payments } from './payments.ts'
import { paypal } from './paypal.ts'
import { plaid } from './plaid.ts'
import { planetscale } from './planetscale.ts'
import { platforms } from './platforms.ts'
import { posthogRules } from './posthog.ts'
import { postman } from './postman.ts'
import { prefixed } from './prefixed.ts'
import { pythonIndex } from './python-index.ts'
import { salesforce } from './salesforce.ts'
import { sendbird } from './sendbird.ts'
import { sendgrid } from './sendgrid.ts'
import { sentryRules } from './sentry.ts'
import { shopifyRules } from './shopify.ts'
import { slack } from './slack.ts'
import { snyk } from './snyk.ts'
import { sonar } from './sonar.ts'
import { sourcegraph } from './sourcegraph.ts'
import { squareRules } from './square.ts'
import { stripeRules } from './stripe.ts'
import { supabase } from './supabase.ts'
import { telegram } from './telegram.ts'
import { tencent } from './tencent.ts'
import { twilio } from './twilio.ts'
import { vaults } from './vaults.ts'
import { vercel } from './vercel.ts'
import { wallets } from './wallets.ts'
import { x } from './x.ts'
import { yandex } from './yandex.ts'

/** Ordered from what names its provider to what only looks like a credential: of two that find the same text, the first counts. */
export const rules: readonly Rule[] = [
  ...aws,
  ...google,
  ...azure,
  ...github,
  ...gitlab,
  ...slack,
  ...anthropic,
  ...openai,
  ...huggingface,
  ...langchain,
  ...stripeRules,
  ...squareRules,
  ...flutterwave,
  ...paypal,
  ...plaid,
  ...atlassianRules,
  ...hubspot,
  ...salesforce,
  ...notion,
  ...linear,
  ...dropbox,
  ...sendgrid,
  ...mailgun,
  ...mailchimp,
  ...meta,
  ...x,
  ...linkedin,
  ...adobe,
  ...mapbox,
  ...digitalocean,
  ...heroku,
  ...fly,
  ...vercel,
  ...netlify,
  ...cloudflare,
  ...yandex,
  ...alibaba,
  ...tencent,
  ...huawei,
  ...baidu,
  ...ibm,
  ...docker,
  ...hashicorp,
  ...planetscale,
  ...supabase,
  ...databricks,
  ...mongodb,
  ...confluent,
  ...dopplerRules,
  ...bitwarden,
  ...onepassword,
  ...newrelicRules,
  ...grafanaRules,
  ...sentryRules,
  ...posthogRules,
  ...datadog,
  ...npm,
  ...pythonIndex,
  ...jfrog,
  ...circleci,
  ...buildkite,
  ...jenkins,
  ...sonar,
  ...sourcegraph,
  ...snyk,
  ...postman,
  ...contentful,
  ...discordRules,
  ...telegram,
  ...twilio,
  ...lark,
  ...lineRules,
  ...sendbird,
  ...shopifyRules,
  ...auth0,
  ...okta,
  ...kucoin,
  ...coinbase,
  ...bitcoin,
  ...prefixed,
  ...vaults,
  ...clouds,
  ...ai,
  ...payments,
  ...development,
  ...observability,
  ...messaging,
  ...business,
  ...marketing,
  ...commerce,
  ...identity,
  ...platforms,
  ...accounting,
  ...dataServices,
  ...wallets,
  ...namedRules,
  ...keys,
  ...connections,
  ...http,
]
