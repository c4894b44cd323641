// Tells binary files by their name or first bytes.

const binaryName = new RegExp(
  String.raw`\.(?:png|jpe?g|gif|bmp|ico|icns|webp|avif|tiff?|psd|heic|mp[34]|m4[av]|avi|mov|mkv|webm|ogg|flac|wav|woff2?|ttf|otf|eot|pdf|exe|dll|so|dylib|o|a|lib|obj|class|pyc|pyo|wasm|bin|iso|dmg|deb|rpm|msi|zst|xz|bz2|7z|rar|lz4|gz|tgz|zip|jar|war|whl|egg|nupkg|apk|ipa|docx?|xlsx?|pptx?|odt|ods|sqlite3?|db|mdb|parquet|npy|npz|pkl|h5|pb|onnx|pt|mo|gmo|pack|idx)$`,
  'i',
)

export const hasBinaryName = (name: string): boolean => binaryName.test(name)

/** Whether a NUL stands among the first 8,000 bytes, as Git judges. Text in UTF-16 is told by its mark before. */
export const isBinary = (bytes: Buffer): boolean => bytes.subarray(0, 8000).includes(0)
