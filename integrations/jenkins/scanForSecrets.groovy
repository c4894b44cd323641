// vars/scanForSecrets.groovy of a shared library: scanForSecrets(range: 'origin/main..HEAD')
def call(Map options = [:]) {
  def range = options.range ?: (env.CHANGE_TARGET ? "origin/${env.CHANGE_TARGET}..HEAD" : (env.GIT_PREVIOUS_SUCCESSFUL_COMMIT ? "${env.GIT_PREVIOUS_SUCCESSFUL_COMMIT}..HEAD" : 'HEAD'))
  def version = options.version ?: 'latest'
  withEnv(["SCAN_RANGE=${range}", "SCAN_VERSION=${version}", "SCAN_CONFIG=${options.config ?: ''}", "SCAN_BASELINE=${options.baseline ?: ''}"]) {
    def status = sh(returnStatus: true, script: '''
      npx --yes "strongroom@$SCAN_VERSION" scan git . --range "$SCAN_RANGE" \
        ${SCAN_CONFIG:+--config "$SCAN_CONFIG"} ${SCAN_BASELINE:+--baseline "$SCAN_BASELINE"} \
        --format junit --output strongroom.xml
    ''')
    junit testResults: 'strongroom.xml', allowEmptyResults: true
    if (status != 0) {
      error(status == 1 ? 'Secrets were found' : 'The scan failed')
    }
  }
}
