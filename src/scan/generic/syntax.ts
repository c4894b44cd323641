// What kind of text a file holds, told by its name: decides whether a bare word can be a value.

const code = /\.(?:[cm]?[jt]sx?|py[ix]?|go|rb|java|kt|kts|cs|php|c|cc|cpp|h|hpp|rs|swift|scala|lua|pl|pm|r|m|mm|ex|exs|erl|hs|clj|groovy|dart|vb|fs|vue|svelte|coffee|slim|erb|haml|jsp|sol|zig|nim|jl)$/i
const dull = /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|go\.sum|go\.work\.sum|cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|composer\.lock|gemfile\.lock|packages\.lock\.json|flake\.lock|mix\.lock|podfile\.lock|gradle\.lockfile|RECORD|(?:sha(?:1|256|512)|md5)sums?(?:\.txt)?)$|\.(?:min\.(?:[cm]?js|css)|map|svg|css|scss|less|po|pot|lock|sum)$/i

/** `code`: a bare word is an expression. `dull`: hashes and generated text, where only rules of known formats are believed. */
export type Syntax = 'code' | 'dull' | 'text'

export const syntaxOf = (path: string): Syntax => (dull.test(path) ? 'dull' : code.test(path) ? 'code' : 'text')
