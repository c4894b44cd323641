// Secrets that documentation prints and emulators are built with: everybody has them, so that they open nothing. Kept as
// fingerprints, so that no scanner trips over this file.

/** Fingerprints, made with the public key, by where their secrets are printed. */
export const published: ReadonlySet<string> = new Set([
  // https://www.mongodb.com/docs/manual/reference/connection-string/
  'b90257cdbc0d5c0a8f40a2158a179dd1', 'c0949595a44704c497d0258dffeeadc4',
  // https://learn.microsoft.com/azure/storage/common/storage-use-azurite (the emulator)
  'f5f999cc2d2f76c669c7304ec2b3d12f',
  // https://learn.microsoft.com/azure/cosmos-db/emulator
  '0bb5f27ce7d4d0357506e04cd226b8d2',
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
  'c5e12de8ff572a5f8fcba355231d930b', '3eb74075d1a0f1f014d71bddb0c93f46', '7979c9a75807fa3310923d4393e820fa', '16ff5bfb96915bcb37ad32f5ad823f2f',
  // https://docs.stripe.com/keys
  '11fb55634fa8370e681c2f834a5275f4', '29d02d036d5e5cd1d2a83468239a1799', '7a3053cf978cad46eec3500e083a0954',
  // https://developers.google.com/recaptcha/docs/faq
  'a9d3ad56bf825684981546bf3dc8eb12', 'e39385c96691154117dc90592c0c4a69',
  // https://jwt.io
  '977ed1c6496e9abc3d5fe363715abb3f', 'd75fa12b546db209723c4ecc1ec318e4',
  // https://hardhat.org/hardhat-network/docs/reference (its first two accounts)
  '2c5f4b51830d78b2a3164d59528992a0', 'df9ce38b21e41cd9e991bb49d3303477', 'd438373e34d1a5162c151518799261ca', '84d5dc15f8137d33d2b29b7fb2a9e508', 'f1b3ed6c56e48dcd31e08a6007e726ea',
  // https://min.io/docs (its playground)
  '9374c1cb24c6e7ebc3184384d5037a06', '1ac2e4228186ef5e21ca47a97961456b',
])
