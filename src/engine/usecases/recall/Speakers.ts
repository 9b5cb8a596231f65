/** Which of the speakers of a conversation a question names, and which turns are theirs. */
import type { Participants, TurnEntry } from "../../ports/Storage.js"
import { stopWords } from "../../text/StopWords.js"
import { wordsOf } from "../../text/Words.js"

/** Who takes part in a session. */
export type Speakers = Pick<Participants, "agent" | "user">

/** The characters of a question that are read. */
const MAX_QUESTION = 20_000
/** The most words of a greeting: "Thank you, Ada." */
const MAX_GREETING = 2

const clauseEnd = /[^\p{L}\p{N}\p{M}\s'’-]+/u
const asWritten = /[\p{L}\p{N}\p{M}]+/gu

type Words = ReadonlyArray<string>

/**
 * Whether a clause names someone: it contains the words, one after the other. At the end of a clause as short as "Thank you
 * Ada" or "Ada", they only say who is addressed, and nothing about who said what is asked for.
 */
const names = (clause: Words, words: Words): boolean => {
  const start = clause.findIndex((_, index) => words.every((word, offset) => clause[index + offset] === word))
  return start >= 0 && !(start <= MAX_GREETING && start + words.length === clause.length)
}

const isUpperCase = (letter: string): boolean => letter !== letter.toLowerCase()

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text)

/** Whether a question names a speaker: by all words of the name, or by its first one, if that is written with a capital. */
const naming = (question: string) => {
  const read = question.slice(0, MAX_QUESTION)
  const lower = isAscii(read) ? read.toLowerCase() : undefined
  let known: { readonly plain: ReadonlyArray<Words>; readonly written: ReadonlyArray<Words> } | undefined
  const clauses = () => {
    if (known !== undefined) return known
    const split = read.split(clauseEnd)
    known = { plain: split.map(wordsOf), written: split.map((clause): Words => clause.match(asWritten) ?? []) }
    return known
  }
  return (name: string): boolean => {
    const words = wordsOf(name)
    const [first = ""] = name.match(asWritten) ?? []
    // Most questions name nobody, and it takes longer to split them into clauses.
    const needed = isUpperCase(first.slice(0, 1)) ? words.slice(0, 1) : words
    if (lower !== undefined && !needed.every((word) => lower.includes(word))) return false
    // A name such as Will or May is not told from the common word.
    if (words.length === 0 || words.every((word) => stopWords.has(word))) return false
    const { plain, written } = clauses()
    if (plain.some((clause) => names(clause, words))) return true
    return (
      isUpperCase(first.slice(0, 1)) &&
      !stopWords.has(first.toLowerCase()) &&
      written.some((clause) => names(clause, [first]))
    )
  }
}

/** Whether a question names the sender of a turn, or the role of it: "the user" or "the assistant". */
export const saidByNamed = (question: string, { agent, user }: Speakers) => {
  const isNamed = naming(question)
  const known = new Map<string, boolean>()
  const remembered = (name: string): boolean => {
    const before = known.get(name)
    if (before !== undefined) return before
    const named = isNamed(name)
    known.set(name, named)
    return named
  }
  return ({ from_model, name, role }: TurnEntry): boolean => {
    // A reply has the name that the agent had then.
    const sender = (from_model ? null : name) || (role === "assistant" ? agent.name : user?.name) || ""
    return remembered(sender) || remembered(`the ${role}`)
  }
}
