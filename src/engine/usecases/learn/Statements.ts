/**
 * Memories without a model: the statements of a user, sentence by sentence. Questions, requests and small talk are left
 * out, and only the user's messages of this turn are read.
 */
import { contentText } from "../../../schema/Message.js"
import type { EntryRow } from "../../ports/Storage.js"
import { readTimes } from "../../text/Dates.js"
import type { Period } from "../../text/Periods.js"
import { sentencesOf, startOf } from "../../text/Sentences.js"
import { spokenText } from "../prompt/Dialogue.js"

/** A statement, and the message that it comes from. */
export interface Statement {
  readonly text: string
  readonly message_id: string
  /** The time that it names, if it names one alone and leaves no doubt which: "on Tuesday" may be past or to come. */
  readonly time: Period | undefined
}

const MIN_WORDS = 3
const MAX_LENGTH = 500
const LONGEST_NOTE = 200

/** How questions, requests and small talk begin. */
const asking =
  /^(who|what|when|where|why|which|how|whose|whom|can|could|would|will|shall|should|do|does|did|is|are|was|were|am|have|has|may|might|please|tell|show|give|write|explain|describe|list|find|help|make|create|summari[sz]e|translate|let'?s|thanks?|thank you|hi|hello|hey|ok|okay|sure|great|good (morning|afternoon|evening|night))\b/i

/** Scripts without spaces have no words to count: four characters count as three words. */
const isLongEnough = (sentence: string): boolean =>
  sentence.split(/\s+/).length >= MIN_WORDS || /[\u3040-\u30ff\u4e00-\u9fff]{4}/.test(sentence)

/** A sentence without the greeting or filler before it: "Hi, I live in Lisbon." is a statement. */
const withoutGreeting = (sentence: string): string =>
  sentence.replace(/^(hi|hello|hey|ok|okay|sure|great|thanks?|thank you|yes|no|well|so)\b[^,.!]{0,20}[,!.]\s*/i, "")

const isStatement = (sentence: string): boolean =>
  sentence.length <= MAX_LENGTH && !/[?？]["')\]]*$/.test(sentence) && isLongEnough(sentence) && !asking.test(sentence)

/** The first sentence of a message, cut at 200 characters. */
export const firstSentence = (entry: EntryRow): string => {
  const [first = ""] = sentencesOf(spokenText(entry))
  return first.length > LONGEST_NOTE ? `${startOf(first, LONGEST_NOTE)}…` : first
}

const timeOf = (text: string, at: number): Period | undefined => {
  const [first, ...more] = readTimes(text, at).times
  return first?.length === 1 && more.length === 0 ? first[0] : undefined
}

/** The statements in the messages of a user. */
export const statementsOf = (entries: ReadonlyArray<EntryRow>): ReadonlyArray<Statement> =>
  entries
    .filter((entry) => entry.role === "user")
    .flatMap((entry) =>
      sentencesOf(contentText(entry.content))
        .map(withoutGreeting)
        .filter(isStatement)
        .map((text) => ({ text, message_id: entry.id, time: timeOf(text, entry.created_at) }))
    )
