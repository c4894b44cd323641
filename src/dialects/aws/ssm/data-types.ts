// Data types of parameters: what a value must be, and whether its tier must be Advanced.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
import { isIPv4, isIPv6 } from 'node:net'
import { AwsFault } from '../errors.ts'

interface DataType {
  fits(value: string): boolean
  advanced?: true
}

const any: DataType = { fits: () => true }
const pattern = (form: RegExp): DataType => ({ fits: (value) => form.test(value) })
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const labels = new RegExp(`^${label}(?:\\.${label})*$`)
const isHostname = (value: string): boolean => value.length <= 253 && labels.test(value)

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON after its comments, and commas before a closing bracket, are gone; what stands in strings stays. */
const bareJson = (text: string): string =>
  text.replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, quoted?: string) => quoted ?? ' ').replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted?: string) => quoted ?? '')

/** An image is looked up by AWS later, an integration by whom it concerns: neither is checked. */
const dataTypes: Record<string, DataType> = {
  text: any,
  'aws:ec2:image': any,
  'aws:ssm:integration': any,
  'aws:region': pattern(/^[a-z]{2}(?:-[a-z]+)+-\d+$/),
  'aws:account:id': pattern(/^\d{12}$/),
  boolean: pattern(/^(?:true|false)$/i),
  integer: pattern(/^[+-]?\d+$/),
  float: pattern(/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/),
  binary: pattern(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  hostname: { fits: isHostname },
  email: { fits: (value) => /^[^\s@]{1,64}@[^\s@]+$/.test(value) && isHostname(value.slice(value.lastIndexOf('@') + 1)) },
  'ipv4-address': { fits: isIPv4 },
  'ipv6-address': { fits: isIPv6 },
  url: { fits: (value) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(value) && URL.canParse(value), advanced: true },
  json: { fits: isJson, advanced: true },
  jsonc: { fits: (value) => isJson(bareJson(value)), advanced: true },
}

/** Refuses a type that there is not, and a value that is not of its type; tells whether the type needs the advanced tier. */
export function checkDataType(name: string, value: string): { advanced: boolean } {
  const type = Object.hasOwn(dataTypes, name) ? dataTypes[name]! : undefined
  if (!type) throw new AwsFault('ValidationException', `The following data type is not supported: ${name} (Data type names are all lowercase.)`)
  if (!type.fits(value)) throw new AwsFault('ValidationException', `The parameter value is not valid for the data type ${name}.`)
  return { advanced: type.advanced ?? false }
}
