import { testStorage } from '../contract.ts'
import { createMemory, openMemory } from './index.ts'

testStorage('memory', async () => {
  const memory = createMemory()
  return { open: async () => openMemory(memory), end: async () => {} }
})
