// The Python package index and its test instance.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const pythonIndex: Rule[] = [
  ...tokens({
    'pypi-token': ['PyPI upload token', 'https://pypi.org/help/#apitoken', 'pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}', { entropy: 3 }],
    'testpypi-token': ['TestPyPI upload token', 'https://test.pypi.org/help/', 'pypi-AgENdGVzdC5weXBpLm9yZw[A-Za-z0-9_-]{50,1000}',
      { entropy: 3 }],
  }),
]
