/** Which of the speakers of a conversation a question names, and which turns are theirs. */
import type { EntryRow, Participants } from "../../ports/Storage.js"
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

/** Whether a question names a speaker: by all words of the name, or by its first one, if that is written with a capital. */
const naming = (question: string) => {
  const clauses = question.slice(0, MAX_QUESTION).split(clauseEnd)
  const plain = clauses.map(wordsOf)
  const written = clauses.map((clause): Words => clause.match(asWritten) ?? [])
  return (name: string): boolean => {
    const words = wordsOf(name)
    const [first = ""] = name.match(asWritten) ?? []
    // A name such as Will or May is not told from the common word.
    if (words.length === 0 || words.every((word) => stopWords.has(word))) return false
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
  return ({ from_model, name, role }: EntryRow): boolean => {
    // A reply has the name that the agent had then.
    const sender = (from_model ? null : name) || (role === "assistant" ? agent.name : user?.name) || ""
    return remembered(sender) || remembered(`the ${role}`)
  }
}
