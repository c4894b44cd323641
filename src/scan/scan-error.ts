// What goes wrong in a scan for a reason that the user can mend: a bad configuration, a broken archive, a file that cannot be read.

/** Its message is shown as it is and never holds a secret. */
export class ScanError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ScanError'
  }
}
