// The scanner's version, as reports name it.

export const version = '0.1.0'
