/** Numbers and nouns as English writes them. */
export const count = (value: number): string => value.toLocaleString("en")

export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${count(value)} ${value === 1 ? noun : plural}`
