/**
 * Fits a context into the window of a model. The system message and the new messages always stay. Then come the best of
 * what was recalled and the newest turns. A tool call stays with its results. Nothing is written: these are pure
 * functions over rows.
 */
import * as Either from "effect/Either"
import type { JsonObject } from "../../../schema/Field.js"
import type { Content } from "../../../schema/Message.js"
import type { ModelMessage, ModelRequest, ModelTool } from "../../ports/Model.js"
import type { EntryRow } from "../../ports/Storage.js"
import { type Count, countContent } from "../../ports/Tokenizer.js"
import { DEFAULTS, nothing } from "../recall/Recall.js"
import { type ContextParts, isSystem, render, systemMessage } from "./Context.js"
import { type Cost, isResult, withTruncatedOldResults, withTruncatedResults } from "./TruncatedResults.js"

/** The tokens of a message beside its content: its role and its delimiters. */
const PER_MESSAGE = 5
/** The tokens of an image, at most. Models differ, and endpoints scale images down. */
const PER_IMAGE = 1600
/** The tokens reserved for a reply without `max_tokens`. */
const REPLY = 1024
/** The share of the tokens that what was recalled may take, of those that the fixed messages leave. */
const RECALLED_SHARE = 0.5
/** The share of the tokens beside the system message that history may have. */
const HISTORY_SHARE = 0.75
/** At most this share of the history leaves at once where all of it does not fit. */
const DROPPED_SHARE = 1 / 3

const costOfTools = (tools: ReadonlyArray<ModelTool>, count: Count): number =>
  tools.length === 0 ? 0 : count(JSON.stringify(tools))

/**
 * The tokens that a prompt may have: those of the window, less the reply's (half the window at most) and those of the
 * descriptions of tools.
 */
export const promptBudget = (
  window: number,
  maxTokens: number | undefined,
  tools: ReadonlyArray<ModelTool>,
  count: Count
): number => window - Math.min(maxTokens ?? REPLY, Math.floor(window / 2)) - costOfTools(tools, count)

/** The tokens of one message of history. */
export const costOf = (entry: EntryRow, count: Count): number =>
  countContent(entry.content, count) + PER_MESSAGE + 1 + (entry.extra === null ? 0 : count(JSON.stringify(entry.extra)))

const isCall = (entry: EntryRow): boolean => entry.role === "function_call"

/** The tokens of a content with its images. */
export const costOfContent = (content: Content, count: Count): number =>
  countContent(content, count) + imagesIn(content) * PER_IMAGE

const imagesIn = (content: Content | null): number =>
  content === null || typeof content === "string" ? 0 : content.filter(({ type }) => type === "image_url").length

const knownCosts = new WeakMap<Count, WeakMap<EntryRow, number>>()

/** The tokens of messages of history with their images. Each message is counted once: most are in the next prompt, too. */
const costsWithImages = (count: Count): Cost => {
  const known = knownCosts.get(count) ?? new WeakMap<EntryRow, number>()
  knownCosts.set(count, known)
  return (entry) => {
    const before = known.get(entry)
    if (before !== undefined) return before
    const cost = costOf(entry, count) + imagesIn(entry.content) * PER_IMAGE
    known.set(entry, cost)
    return cost
  }
}

const sumOf = <A>(items: ReadonlyArray<A>, cost: (item: A) => number): number =>
  items.reduce((sum, item) => sum + cost(item), 0)

const costOfExtra = (extra: JsonObject | undefined, count: Count): number =>
  extra === undefined ? 0 : count(JSON.stringify(extra))

const costOfMessage = (message: ModelMessage, count: Count): number => {
  const { extra = undefined, tool_calls: calls = [] } = message.role === "assistant" ? message : {}
  return (
    costOfExtra(extra, count) +
    (message.content === null ? 0 : costOfContent(message.content, count)) +
    calls.reduce(
      (sum, call) => sum + count(call.name + call.arguments) + costOfExtra(call.extra, count) + PER_MESSAGE,
      0
    ) +
    PER_MESSAGE
  )
}

/** The tokens of a whole prompt. */
export const costOfPrompt = (messages: ReadonlyArray<ModelMessage>, count: Count): number =>
  sumOf(messages, (message) => costOfMessage(message, count))

/** The tokens of a whole request: its prompt and the descriptions of its tools. */
export const costOfRequest = ({ messages, tools }: ModelRequest, count: Count): number =>
  costOfPrompt(messages, count) + costOfTools(tools, count)

/** History in units that stay together: one message, or calls with the results that follow them. */
export const unitsOf = (history: ReadonlyArray<EntryRow>): ReadonlyArray<ReadonlyArray<EntryRow>> => {
  const units: Array<Array<EntryRow>> = []
  for (const entry of history) {
    const unit = units.at(-1)
    const last = unit?.at(-1)
    const together =
      last !== undefined && (isResult(entry) ? isCall(last) || isResult(last) : isCall(entry) && isCall(last))
    if (together && unit !== undefined) unit.push(entry)
    else units.push([entry])
  }
  return units
}

/** The first items, as many as fit a budget. */
const takeWithin = <A>(items: ReadonlyArray<A>, budget: number, cost: (item: A) => number): ReadonlyArray<A> => {
  let left = budget
  const end = items.findIndex((item) => {
    left -= cost(item)
    return left < 0
  })
  return end < 0 ? items : items.slice(0, end)
}

/** The newest units of history that fit a budget of tokens, newest first. */
const newestUnits = (
  history: ReadonlyArray<EntryRow>,
  budget: number,
  cost: Cost
): ReadonlyArray<ReadonlyArray<EntryRow>> =>
  takeWithin(unitsOf(history).toReversed(), budget, (unit) => sumOf(unit, cost))

/** The newest units of history that fit a budget of tokens, newest first. Images count as nothing. */
export const newestWithin = (history: ReadonlyArray<EntryRow>, budget: number, count: Count) =>
  newestUnits(history, budget, (entry) => costOf(entry, count))

const isUsers = ({ role }: EntryRow): boolean => role === "user"

/** Whether a turn begins with a message: the first one of the user after another role's. */
const beginsTurn = (history: ReadonlyArray<EntryRow>, index: number): boolean =>
  history[index]?.role === "user" && history[index - 1]?.role !== "user"

/** Whether calls of tools begin with a message. */
const beginsCalls = (history: ReadonlyArray<EntryRow>, index: number): boolean => {
  const [entry, before] = [history[index], history[index - 1]]
  return entry !== undefined && isCall(entry) && before !== undefined && !isCall(before)
}

/**
 * The part of a history that prompts show: all of it while it fits, else from a turn on. Of the turns in the older third
 * of what fits, the one with the smallest id is the first: ids are random, so that the same turn stays the first while
 * new ones come, and many old turns leave at once. A prompt then begins with the prompt before it. Where all of what fits
 * is of one turn that calls tools again and again, the same holds of its calls.
 */
export const shownPart = (history: ReadonlyArray<EntryRow>, most: number, costOf: Cost): ReadonlyArray<EntryRow> => {
  if (sumOf(history, costOf) <= most) return history
  const kept = sumOf(newestUnits(history, most, costOf), ({ length }) => length)
  const end = history.length - kept
  let first: number | undefined
  let firstCalls: number | undefined
  let oldest: number | undefined
  let cost = 0
  const isBefore = (index: number, other: number | undefined) =>
    other === undefined || (history[index]?.id ?? "") < (history[other]?.id ?? "")
  for (let index = history.length - 1; index >= end; index--) {
    const entry = history[index]
    if (entry === undefined) break
    cost += costOf(entry)
    const isOld = cost >= most * (1 - DROPPED_SHARE)
    if (isOld && beginsCalls(history, index) && isBefore(index, firstCalls)) firstCalls = index
    if (!beginsTurn(history, index)) continue
    oldest = index
    if (isOld && isBefore(index, first)) first = index
  }
  return history.slice(first ?? oldest ?? firstCalls ?? end)
}

/** The same where new messages go on with a question of the history, which stays if it leaves them half of the room. */
const shownWith = (
  question: EntryRow | undefined,
  history: ReadonlyArray<EntryRow>,
  most: number,
  costOf: Cost
): ReadonlyArray<EntryRow> => {
  const shown = shownPart(history, most, costOf)
  if (question === undefined || shown.some(isUsers)) return shown
  const cost = costOf(question)
  return cost > most / 2 ? shown : [question, ...shownPart(history, most - cost, costOf)]
}

/**
 * A history in which the oldest images are left out where all of them do not fit beside the text. The newest image stays
 * as long as its message does.
 */
const withoutOldImages = (history: ReadonlyArray<EntryRow>, most: number, count: Count): ReadonlyArray<EntryRow> => {
  let images = sumOf(history, ({ content }) => imagesIn(content))
  if (images === 0) return history
  const room = most - sumOf(history, (entry) => costOf(entry, count))
  const kept = Math.max(1, Math.floor(room / PER_IMAGE))
  return history.map((entry) => {
    if (typeof entry.content === "string" || images <= kept) return entry
    const content = entry.content.map((part) =>
      part.type === "image_url" && images-- > kept ? ({ type: "text", text: "(image left out)" } as const) : part
    )
    return { ...entry, content }
  })
}

/** What a request holds: the parts that fit, and the messages that they become. */
export interface Fitted extends ContextParts {
  readonly prompt: ReadonlyArray<ModelMessage>
}

/** The system message alone and with the new messages, and the tokens of both. */
const fixedOf = (parts: ContextParts, count: Count) => {
  const bare = { ...parts, history: [], recalled: nothing }
  const bareSystem = systemMessage(bare)
  const barePrompt = render(bare, bareSystem)
  const system = costOfMessage(bareSystem, count)
  const fixed = system + costOfPrompt(barePrompt.slice(1), count)
  // The tokens of images are a guess, so no request is refused because of them.
  const text = fixed - sumOf(barePrompt, ({ content }) => imagesIn(content)) * PER_IMAGE
  return { parts, bare, bareSystem, barePrompt, system, fixed, text }
}

/** The same with results of tools that fit: how long results are is known only after tools have run. */
const fixedWithin = (parts: ContextParts, budget: number, count: Count) => {
  const whole = fixedOf(parts, count)
  if (whole.text <= budget) return whole
  const results = sumOf(parts.messages, (entry) => (isResult(entry) ? costOf(entry, count) : 0))
  // The question and the calls are in history, which gets the other half.
  const messages = withTruncatedResults(parts.messages, (budget - whole.text + results) / 2, (entry) =>
    costOf(entry, count)
  )
  return messages === parts.messages ? whole : fixedOf({ ...parts, messages }, count)
}

/** The parts that fit a budget of tokens, with `maxTurns` recalled turns at most, or the reason why nothing can. */
export const fit = (
  given: ContextParts,
  budget: number,
  count: Count,
  maxTurns = DEFAULTS.turns
): Either.Either<Fitted, string> => {
  const { bare, barePrompt, bareSystem, fixed, parts, system, text } = fixedWithin(given, budget, count)
  if (text > budget) {
    return Either.left(
      `the system message and the new messages have ${text} tokens, but the model's window leaves ${Math.max(0, budget)} for them: shorten them, or lower max_tokens`
    )
  }
  const room = Math.max(0, budget - fixed)
  // What history may have depends on nothing that changes from turn to turn: another part of it would break the prefix.
  const most = (budget - system) * HISTORY_SHARE
  const whole = withoutOldImages(parts.history, most, count)
  const costOfEntry = costsWithImages(count)
  const question = parts.messages.some(isUsers) ? undefined : whole.findLast(isUsers)
  const fitting = shownWith(question, whole, most, costOfEntry)
  const shown =
    fitting === whole || !whole.some(isResult)
      ? fitting
      : shownWith(
          question,
          withTruncatedOldResults(whole, most, (entry) => costOf(entry, count)),
          most,
          costOfEntry
        )
  const costOfShown = sumOf(shown, costOfEntry)

  const forRecalled = Math.max(room * (1 - HISTORY_SHARE), Math.min(room * RECALLED_SHARE, room - costOfShown))
  const costOfPassage = ({ text, title }: { readonly text: string; readonly title: string }) =>
    count(text) + count(title) + 12
  const passages = takeWithin(parts.recalled.passages, forRecalled, costOfPassage)
  const spent = sumOf(passages, costOfPassage)
  const costOfMemory = ({ content }: { readonly content: string }) => count(content) + 16
  const memories = takeWithin(parts.recalled.memories, forRecalled - spent, costOfMemory)
  const remembered = spent + sumOf(memories, costOfMemory)
  // A turn that the prompt shows in any case is not recalled.
  const ids = new Set(shown.map(({ id }) => id))
  const turns = takeWithin(
    parts.recalled.turns.filter(({ entry }) => !ids.has(entry.id)).slice(0, maxTurns),
    forRecalled - remembered,
    ({ entry }) => countContent(entry.content, count) + 26
  )
  const recalled = { passages, memories, turns }

  // The estimates are not upper bounds. What does not fit after all leaves from the oldest message on.
  let history = shown
  for (;;) {
    const fitted = { ...parts, recalled, history }
    const prompt = render(fitted, history.some(isSystem) ? undefined : bareSystem)
    const excess = costOfPrompt(prompt, count) - budget
    if (excess <= 0) return Either.right({ prompt, ...fitted })
    if (history.length === 0) return Either.right({ ...bare, prompt: barePrompt })
    let left = excess
    const kept = history.filter((entry, index) => index === 0 && entry === question)
    const units = unitsOf(history.slice(kept.length))
    const last = units.findIndex((unit) => {
      left -= sumOf(unit, costOfEntry)
      return left <= 0
    })
    // Where the estimates are far too low, half is tried before nothing.
    const rest = units.slice(last < 0 ? Math.ceil(units.length / 2) : last + 1).flat()
    history = rest.length === 0 ? rest : [...kept, ...rest]
  }
}
