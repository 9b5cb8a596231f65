/** Porter's stemmer (1980), so that "configure", "configuring" and "configuration" are one word. */

const consonants = "[^aeiou][^aeiouy]*"
const vowels = "[aeiouy][aeiou]*"
const measured = new RegExp(`^(?:${consonants})?${vowels}${consonants}`)
const measuredOne = new RegExp(`^(?:${consonants})?${vowels}${consonants}(?:${vowels})?$`)
const measuredTwo = new RegExp(`^(?:${consonants})?${vowels}${consonants}${vowels}${consonants}`)
const hasVowel = new RegExp(`^(?:${consonants})?[aeiouy]`)
const shortEnd = new RegExp(`^${consonants}[aeiouy][^aeiouwxy]$`)
const doubled = /([^aeiouylsz])\1$/

type Endings = ReadonlyArray<readonly [ending: string, replacement: string]>

const second: Endings = [
  ["ational", "ate"],
  ["tional", "tion"],
  ["enci", "ence"],
  ["anci", "ance"],
  ["izer", "ize"],
  ["bli", "ble"],
  ["alli", "al"],
  ["entli", "ent"],
  ["eli", "e"],
  ["ousli", "ous"],
  ["ization", "ize"],
  ["ation", "ate"],
  ["ator", "ate"],
  ["alism", "al"],
  ["iveness", "ive"],
  ["fulness", "ful"],
  ["ousness", "ous"],
  ["aliti", "al"],
  ["iviti", "ive"],
  ["biliti", "ble"],
  ["logi", "log"]
]

const third: Endings = [
  ["icate", "ic"],
  ["ative", ""],
  ["alize", "al"],
  ["iciti", "ic"],
  ["ical", "ic"],
  ["ful", ""],
  ["ness", ""]
]

const fourth = /^(.+?)(?:al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize|(?<=[st])ion)$/

const replaceEnding = (word: string, endings: Endings): string => {
  for (const [ending, replacement] of endings) {
    if (!word.endsWith(ending)) continue
    const stem = word.slice(0, -ending.length)
    return measured.test(stem) ? stem + replacement : word
  }
  return word
}

const dropPlural = (word: string): string => {
  if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2)
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word
}

const dropTense = (word: string): string => {
  if (word.endsWith("eed")) return measured.test(word.slice(0, -3)) ? word.slice(0, -1) : word
  const stem = word.endsWith("ed") ? word.slice(0, -2) : word.endsWith("ing") ? word.slice(0, -3) : word
  if (stem === word || !hasVowel.test(stem)) return word
  if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) return `${stem}e`
  if (doubled.test(stem)) return stem.slice(0, -1)
  return shortEnd.test(stem) ? `${stem}e` : stem
}

const dropSuffix = (word: string): string => {
  const stem = fourth.exec(word)?.[1]
  return stem !== undefined && measuredTwo.test(stem) ? stem : word
}

const dropFinal = (word: string): string => {
  let short = word
  if (short.endsWith("e")) {
    const stem = short.slice(0, -1)
    if (measuredTwo.test(stem) || (measuredOne.test(stem) && !shortEnd.test(stem))) short = stem
  }
  return short.endsWith("ll") && measuredTwo.test(short) ? short.slice(0, -1) : short
}

/** The stem of a lower-case word. Words that are not plain Latin letters, or absurdly long, are their own stem. */
export const stem = (word: string): string => {
  if (word.length < 3 || word.length > 30 || !/^[a-z]+$/.test(word)) return word
  // "y" at the beginning is a consonant: hidden from the patterns by its capital.
  const hidden = word.startsWith("y") ? `Y${word.slice(1)}` : word
  const tensed = dropTense(dropPlural(hidden))
  const ended = tensed.endsWith("y") && hasVowel.test(tensed.slice(0, -1)) ? `${tensed.slice(0, -1)}i` : tensed
  return dropFinal(dropSuffix(replaceEnding(replaceEnding(ended, second), third))).toLowerCase()
}
