// Authorisation: policies, what they grant, and password policies.
export { Acl, type AclOperation, type AclRequest, type Decision, type Explanation, type Match } from './acl.ts'
export { defaultPolicy, wrappingPolicy } from './default.ts'
export { defaultPasswordPolicy, generatePassword, parsePasswordPolicy, type PasswordPolicy } from './password.ts'
export { capabilities, moment, parsePolicy, type Capability, type PathRule, type Policy } from './policy.ts'
export { isTemplated, templatePolicy, type PolicyAlias, type PolicyGroup, type PolicyIdentity } from './template.ts'
