/** The words and stems of all parsed passages, by numbers: lists of numbers take a tenth of the memory of maps of texts. */
import { stemOf } from "../../text/Words.js"

/** The size of the vocabulary, in words and in their characters, beyond which it starts again. */
const MAX_WORDS = 200_000
const MAX_CHARACTERS = 4_000_000

/** Not computed yet. */
const UNKNOWN = -1

/** Words and stems with a number each. A stem is a word, too. */
class Vocabulary {
  private readonly numbers = new Map<string, number>()
  private readonly texts: Array<string> = []
  private readonly stems: Array<number> = []
  private characters = 0

  /** The number of a word. */
  termIdOf(word: string): number {
    const known = this.numbers.get(word)
    if (known !== undefined) return known
    // A copy, because a slice of a text keeps the whole text in memory.
    const text = ` ${word}`.slice(1)
    const number = this.texts.push(text) - 1
    this.numbers.set(text, number)
    this.stems.push(UNKNOWN)
    this.characters += text.length
    return number
  }

  textOf(number: number): string {
    return this.texts[number] ?? ""
  }

  /** The number of the stem of a word. */
  stemOf(number: number): number {
    const known = this.stems[number] ?? UNKNOWN
    if (known !== UNKNOWN) return known
    const stem = this.termIdOf(stemOf(this.textOf(number)))
    this.stems[number] = stem
    return stem
  }

  /** How many words have a number: the numbers of all are below it. */
  get size(): number {
    return this.texts.length
  }

  get isFull(): boolean {
    return this.size > MAX_WORDS || this.characters > MAX_CHARACTERS
  }
}

export type { Vocabulary }

let current = new Vocabulary()

/** The vocabulary to parse passages with. Numbers of an earlier one mean other words. */
export const vocabulary = (): Vocabulary => current

/** Starts again where the vocabulary is too large. Call it before a ranking, never while passages are compared. */
export const trimVocabulary = (): void => {
  if (current.isFull) current = new Vocabulary()
}

/** A map from numbers of the vocabulary to numbers that is emptied at no cost, because rankings fill it again and again. */
export class TermMap {
  /** In which filling each key was set. Their number outgrows an integer of 32 bits. */
  private fillings = new Float64Array(1024)
  private values = new Int32Array(1024)
  private filling = 0

  clear(): void {
    this.filling++
  }

  get(key: number): number | undefined {
    return this.fillings[key] === this.filling ? this.values[key] : undefined
  }

  set(key: number, value: number): void {
    if (key >= this.values.length) this.grow(key)
    this.fillings[key] = this.filling
    this.values[key] = value
  }

  private grow(key: number): void {
    const { fillings, values } = this
    this.fillings = new Float64Array(2 * key)
    this.values = new Int32Array(2 * key)
    this.fillings.set(fillings)
    this.values.set(values)
  }
}
