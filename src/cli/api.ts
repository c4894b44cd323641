// What the command line uses of the client library, by one door: the build joins it, and there must be one of each.
export { Client, encodePath } from '../sdk/client.ts'
export { ApiError } from '../sdk/error.ts'
