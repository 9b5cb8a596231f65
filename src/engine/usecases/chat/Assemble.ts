/** Turns a chat request into a request to the model: participants, tools, recall, history, templates. Writes nothing. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { ChatRequest } from "../../../schema/Chat.js"
import { Conflict } from "../../../schema/Errors.js"
import type { SessionId } from "../../../schema/Session.js"
import { DEFAULT_MODEL } from "../../../schema/Settings.js"
import { Ids } from "../../ports/Ids.js"
import { Model } from "../../ports/Model.js"
import { type EntryRow, type Fence, type Participants, Storage, type StorageError } from "../../ports/Storage.js"
import { Tokenizer } from "../../ports/Tokenizer.js"
import { withSpan } from "../../telemetry/Spans.js"
import { found, unprocessable } from "../Failure.js"
import { idOf } from "../Idempotency.js"
import * as Summarize from "../learn/Summarize.js"
import { ModelName } from "../ModelName.js"
import * as Budget from "../prompt/Budget.js"
import { type DuplicateResult, duplicateResult } from "../prompt/Calls.js"
import * as Context from "../prompt/Context.js"
import * as Templates from "../prompt/Templates.js"
import { TokenRatios } from "../prompt/TokenRatios.js"
import { withToolResults } from "../prompt/ToolResults.js"
import * as Recall from "../recall/Recall.js"
import { checkMetadata } from "../resources/Metadata.js"
import * as History from "./History.js"
import { attributesOf, type CheckedRequest, type Turn } from "./Turn.js"
import { choiceOf, settingsOf, toolsOf } from "./TurnRequest.js"
import { questionOf, type Repeated, reuse, suspectsOf, unansweredOf } from "./Unanswered.js"

/** The newest messages of a history: all that were read, those that no summary covers, and those of them without a reply. */
interface Newest {
  readonly all: ReadonlyArray<EntryRow>
  readonly before: ReadonlyArray<EntryRow>
  readonly unanswered: ReadonlyArray<EntryRow>
}

const alreadyAnswered = ({ isRead, message: { name, tool_call_id } }: DuplicateResult) =>
  new Conflict({
    message: `The call ${tool_call_id} of the tool ${name ?? ""} has ${
      isRead
        ? "a result, which the model has read. Do not send another one."
        : "another result, which no reply has read yet. Send that one, or resume, which does so."
    }`,
    code: "CALL_ANSWERED",
    status: 409
  })

const isUsers = ({ role }: EntryRow): boolean => role === "user"

/** The part of a history that no summary covers. Results of tools go on with a question, which stays if it is covered. */
const withQuestion = (
  history: ReadonlyArray<EntryRow>,
  all: ReadonlyArray<EntryRow>,
  messages: ReadonlyArray<EntryRow>
): ReadonlyArray<EntryRow> => {
  if (messages.some(isUsers) || history.some(isUsers)) return history
  const question = all.findLast((entry) => isUsers(entry) && !entry.refused)
  return question === undefined ? history : [question, ...history]
}

/** The id of a message of the reply to a request under a key. */
export const replyId = (key: string, index: number) => idOf(`${key} reply ${index}`)

export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const names = yield* ModelName
  const { endpoint = "", messageNames = false } = yield* Model
  const tokenizer = yield* Tokenizer
  const ratios = new TokenRatios((model) =>
    Effect.map(tokenizer.of(model), (count) => (request) => Budget.costOfRequest(request, count))
  )
  const recall = yield* Recall.make
  const history = yield* History.make
  const templates = yield* Templates.make

  /** The ids of messages under an idempotency key are the same for every attempt. */
  const entriesOf = ({ messages }: ChatRequest, key: string | undefined, at: number) =>
    Effect.forEach(messages, (message, index) =>
      Effect.map(key === undefined ? ids.next : idOf(`${key} ${index}`), (id) => Context.entryOf(message, id, at))
    )

  const storedUnder = Effect.fnUntraced(function* (
    developer: string,
    session: string,
    key: string,
    messages: ReadonlyArray<EntryRow>
  ) {
    const reply = yield* replyId(key, 0)
    return yield* storage.entries.at(developer, session, [...messages.map(({ id }) => id), reply])
  })

  const fitted = (parts: Context.ContextParts, { budget, count, limits }: CheckedRequest) =>
    Effect.flatMap(templates.render(parts), (rendered) =>
      Either.mapLeft(Budget.fit(rendered, budget, count, limits.turns), (reason) => unprocessable("messages", reason))
    )

  /** What a turn reads first. */
  const read = (developer: string, id: SessionId): Effect.Effect<Option.Option<Participants>, StorageError> =>
    Effect.suspend(() => storage.sessions.participants(developer, id, history.known(developer, id)))

  /** Begins a turn, if none runs. */
  const hold = (developer: string, id: SessionId) =>
    Effect.suspend(() => storage.turns.begin(developer, id, history.known(developer, id)))

  /** Resolves model, tools and settings of what was read; fails if the session or the chosen tool is missing. */
  const check = Effect.fnUntraced(function* (
    developer: string,
    id: SessionId,
    request: ChatRequest,
    there: Option.Option<Participants>,
    key?: string
  ) {
    const participants = yield* found("session", id)(Effect.succeed(there))
    const { agent, newer, session, user } = participants
    const tools = toolsOf(participants.tools, request.tools ?? [])
    const choice = yield* choiceOf(request, tools)
    const asked = Recall.limitsOf(request)
    const limits = participants.hasDocs ? asked : { ...asked, passages: 0 }
    yield* checkMetadata(limits.metadata_filter, "recall.metadata_filter")
    const settings = settingsOf(request, agent)
    const model = names.resolve(agent.model ?? DEFAULT_MODEL)
    const count = ratios.correct(model, yield* tokenizer.of(model))
    const window = names.window(model)
    const budget = Budget.promptBudget(window, settings.max_tokens, tools, count)
    const messages = yield* entriesOf(request, key, yield* Clock.currentTimeMillis)
    if (!Arr.isNonEmptyArray(messages)) return yield* unprocessable("messages", "must have at least one message")
    const checked: CheckedRequest = {
      developer,
      id,
      request,
      limits,
      session,
      agent,
      user,
      newer,
      tools: participants.tools,
      messages,
      key,
      stored: key === undefined ? [] : yield* storedUnder(developer, id, key, messages),
      modelOptions: {
        model,
        tools,
        settings,
        ...choice,
        ...(request.extra === undefined ? {} : { extra: { ...request.extra } })
      },
      source: `${endpoint} ${model}`,
      messageNames,
      count,
      window,
      budget
    }
    return checked
  })

  /** Fails if no prompt can be made, whatever history and recall add: a bad template, or fixed messages that are too long. */
  const validate = (checked: CheckedRequest) => {
    // Whether a message of the assistant is a template or the result of a tool, only history shows.
    const messages = checked.messages.map((entry) =>
      entry.role === "assistant" ? { ...entry, role: "function" } : entry
    )
    return Effect.asVoid(fitted({ ...checked, messages, history: [], recalled: Recall.nothing }, checked))
  }

  /** The newest messages of the history of a session. */
  const newestOf = ({ budget, count, developer, newer, session }: CheckedRequest) =>
    history.read(
      developer,
      session,
      newer.map(({ entry }) => entry),
      budget,
      count
    )

  /**
   * Recalls for a request, or for the question of the turn that results of tools continue. That question is in the newest
   * messages, which are returned if they were read.
   */
  const recallFor = Effect.fnUntraced(function* (checked: CheckedRequest) {
    const { developer, limits, messages, request } = checked
    const query = Recall.queryOf(request.messages)
    const mayContinue = query.trim() === "" && messages.some(({ role }) => role === "function" || role === "assistant")
    const newest = mayContinue ? yield* newestOf(checked) : undefined
    const continues =
      newest !== undefined &&
      withToolResults([...newest, ...messages])
        .slice(newest.length)
        .some(({ role }) => role === "function")
    return { recalled: yield* recall(developer, checked, continues ? questionOf(newest) : query, limits), newest }
  })

  /** The turn of a request, some of whose messages may be stored already. */
  const turnWith = Effect.fnUntraced(function* (
    checked: CheckedRequest,
    fence: Fence,
    recalled: Recall.Recalled,
    { all, before, unanswered }: Newest,
    { fresh, messages }: Repeated
  ) {
    const { modelOptions, stored } = checked
    const known = new Set(stored.map(({ id }) => id))
    const second = duplicateResult(
      before,
      fresh.filter(({ id }) => !known.has(id))
    )
    if (second !== undefined) return yield* alreadyAnswered(second)
    const waiting = new Set([...unanswered, ...messages].map(({ id }) => id))
    const own = new Set(messages.map(({ id }) => id))
    const shown = before.filter(({ id, refused }) => !refused && !own.has(id))
    const history = withQuestion(shown, all, messages)
    const turns = recalled.turns.filter(({ entry }) => !waiting.has(entry.id))
    const entries = withToolResults([...history, ...messages])
    const parts = yield* fitted(
      {
        history: entries.slice(0, history.length),
        recalled: { ...recalled, turns },
        ...checked,
        messages: entries.slice(history.length)
      },
      checked
    )
    const turn: Turn = {
      fence,
      history,
      recalled: parts.recalled,
      fresh: fresh.filter(({ id }) => !known.has(id)),
      moved: fresh.flatMap(({ id }) => (known.has(id) ? [id] : [])),
      fitted: parts,
      refusable: [...new Set([...suspectsOf(before), ...messages].map(({ id }) => id))],
      modelRequest: { messages: parts.prompt, ...modelOptions },
      ...checked,
      messages
    }
    return turn
  })

  const turnOf = (checked: CheckedRequest, fence: Fence, recalled: Recall.Recalled, all: ReadonlyArray<EntryRow>) => {
    const before = Summarize.notSummarized(checked.session, all)
    const unanswered = unansweredOf(before)
    const repeated = reuse(unanswered, checked.messages)
    const turn = (repeated: Repeated) => turnWith(checked, fence, recalled, { all, before, unanswered }, repeated)
    if (repeated.fresh.length === checked.messages.length || !checked.messages.every(isUsers)) return turn(repeated)
    // What was said since the first attempt may not fit beside it. Then the words are said once more.
    return Effect.catchTag(turn(repeated), "UnprocessableRequest", () => turn(reuse([], checked.messages)))
  }

  /** Recalls, reads history and makes the prompt. */
  const assemble = Effect.fnUntraced(function* (checked: CheckedRequest, fence: Fence) {
    const { memories, passages, turns } = checked.limits
    const { newest, recalled } =
      passages + memories + turns === 0
        ? { newest: undefined, recalled: Recall.nothing }
        : yield* withSpan("chat.recall", attributesOf(checked))(recallFor(checked))
    const reading = newest === undefined ? newestOf(checked) : Effect.succeed(newest)
    return yield* withSpan(
      "chat.prompt",
      attributesOf(checked)
    )(Effect.flatMap(reading, (all) => turnOf(checked, fence, recalled, all)))
  })

  return {
    read,
    hold,
    check,
    validate,
    assemble,
    /** The model, with its replies compared with the count of tokens, which they correct. */
    measuring: ratios.measuring.bind(ratios)
  }
})
