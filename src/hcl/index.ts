// HCL 1 and JSON, parsed: policies, the server's and the agent's configuration, password policies.
export { HclBody, type HclBlock, type HclItem, type HclValue } from './body.ts'
export { parseHcl } from './parse.ts'
