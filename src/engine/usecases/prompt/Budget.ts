/**
 * Fits a context into the window of a model. The system message and the new messages always stay. Then come the best of
 * what was recalled and the newest turns. A tool call stays with its results. Nothing is written: these are pure
 * functions over rows.
 */
import * as Either from "effect/Either"
import type { JsonObject } from "../../../schema/Field.js"
import type { ModelMessage, ModelTool } from "../../ports/Model.js"
import type { EntryRow } from "../../ports/Storage.js"
import { type Count, countContent } from "../../ports/Tokenizer.js"
import { nothing } from "../recall/Recall.js"
import { type ContextParts, render } from "./Context.js"

/** The tokens of a message beside its content: its role and its delimiters. */
const PER_MESSAGE = 5
/** The tokens reserved for a reply without `max_tokens`. */
const REPLY = 1024
/** The share of the tokens that what was recalled may take, of those that the fixed messages leave. */
const RECALLED_SHARE = 0.5
/** At most this many earlier turns go into a context. */
const MAX_TURNS = 8

/**
 * The tokens that a prompt may have: those of the window, less the reply's (half the window at most) and those of the
 * descriptions of tools.
 */
export const promptBudget = (
  window: number,
  maxTokens: number | undefined,
  tools: ReadonlyArray<ModelTool>,
  count: Count
): number =>
  window -
  Math.min(maxTokens ?? REPLY, Math.floor(window / 2)) -
  (tools.length === 0 ? 0 : count(JSON.stringify(tools)))

/** The tokens of one message of history. */
export const costOf = (entry: EntryRow, count: Count): number =>
  countContent(entry.content, count) + PER_MESSAGE + 1 + (entry.extra === null ? 0 : count(JSON.stringify(entry.extra)))

const costOfExtra = (extra: JsonObject | undefined, count: Count): number =>
  extra === undefined ? 0 : count(JSON.stringify(extra))

const costOfMessage = (message: ModelMessage, count: Count): number => {
  const { extra = undefined, tool_calls: calls = [] } = message.role === "assistant" ? message : {}
  return (
    costOfExtra(extra, count) +
    (message.content === null ? 0 : countContent(message.content, count)) +
    calls.reduce(
      (sum, call) => sum + count(call.name + call.arguments) + costOfExtra(call.extra, count) + PER_MESSAGE,
      0
    ) +
    PER_MESSAGE
  )
}

/** The tokens of a whole prompt. */
export const costOfPrompt = (messages: ReadonlyArray<ModelMessage>, count: Count): number =>
  messages.reduce((sum, message) => sum + costOfMessage(message, count), 0)

const isCall = (entry: EntryRow): boolean => entry.role === "function_call"
const isResult = (entry: EntryRow): boolean => entry.role === "function"
/** Whether a message has as many tokens in a prompt as it has alone. */
const isPlain = (entry: EntryRow): boolean => entry.role === "user" || entry.role === "assistant"

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
export const newestWithin = (
  history: ReadonlyArray<EntryRow>,
  budget: number,
  count: Count
): ReadonlyArray<ReadonlyArray<EntryRow>> =>
  takeWithin(unitsOf(history).toReversed(), budget, (unit) =>
    unit.reduce((sum, entry) => sum + costOf(entry, count), 0)
  )

/** The parts that fit a budget of tokens, or the reason why nothing can. */
export const fit = (parts: ContextParts, budget: number, count: Count): Either.Either<ContextParts, string> => {
  const bare = { ...parts, history: [], recalled: nothing }
  const fixed = costOfPrompt(render(bare), count)
  if (fixed > budget) {
    return Either.left(
      `the system message and the new messages have ${fixed} tokens, but the model's window leaves ${Math.max(0, budget)} for them: shorten them, or lower max_tokens`
    )
  }
  const forRecalled = (budget - fixed) * RECALLED_SHARE
  const passages = takeWithin(
    parts.recalled.passages,
    forRecalled,
    ({ text, title }) => count(text) + count(title) + 12
  )
  const spent = passages.reduce((sum, { text, title }) => sum + count(text) + count(title) + 12, 0)
  const memories = takeWithin(parts.recalled.memories, forRecalled - spent, ({ content }) => count(content) + 8)
  const remembered = memories.reduce((sum, { content }) => sum + count(content) + 8, spent)

  // A turn that the window shows is not recalled: recalled turns make the window smaller, so what it shows is an upper bound.
  const withoutTurns = costOfPrompt(render({ ...bare, recalled: { passages, memories, turns: [] } }), count)
  const shown = new Set(
    newestWithin(parts.history, budget - withoutTurns, count).flatMap((unit) => unit.map(({ id }) => id))
  )
  const turns = takeWithin(
    parts.recalled.turns.filter(({ entry }) => !shown.has(entry.id)).slice(0, MAX_TURNS),
    forRecalled - remembered,
    ({ entry }) => costOf(entry, count) + 20
  )
  const recalled = { passages, memories, turns }

  const before = costOfPrompt(render({ ...bare, recalled }), count)
  let chosen = newestWithin(parts.history, budget - before, count)
  // Units are counted one by one. Rounding and placeholders may add tokens to the whole prompt, so units leave until it fits.
  for (;;) {
    const length = chosen.reduce((sum, unit) => sum + unit.length, 0)
    const history = parts.history.slice(parts.history.length - length)
    const fitted = { ...parts, recalled, history }
    // The estimate of what was recalled is no upper bound: a history that is empty proves nothing.
    const certain = length > 0 && history.every(isPlain)
    if (certain || costOfPrompt(render(fitted), count) <= budget) return Either.right(fitted)
    if (chosen.length === 0) return Either.right(bare)
    chosen = chosen.slice(0, -1)
  }
}
