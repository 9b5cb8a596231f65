import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import type { ChatId, ChatRequest, ChatResponse, ChatStreamEvent, RenderedChat } from "../../../schema/Chat.js"
import type { JobId } from "../../../schema/Job.js"
import type { SessionId } from "../../../schema/Session.js"
import { DEFAULT_MODEL } from "../../../schema/Settings.js"
import { Ids } from "../../ports/Ids.js"
import { Model, type ModelEvent, type ModelRequest, type ModelToolCall } from "../../ports/Model.js"
import * as OpenAi from "../../ports/OpenAi.js"
import { type AgentRow, type EntryRow, type SessionRow, Storage } from "../../ports/Storage.js"
import { Tokenizer } from "../../ports/Tokenizer.js"
import { type Failure, found, orNotFound, unprocessable } from "../Failure.js"
import { CurrentKey, idOf } from "../Idempotency.js"
import { JobQueue, type Work } from "../JobQueue.js"
import { statementsOf } from "../learn/Statements.js"
import * as Summarize from "../learn/Summarize.js"
import { ModelName } from "../ModelName.js"
import * as Budget from "../prompt/Budget.js"
import * as Context from "../prompt/Context.js"
import * as Prompt from "../prompt/Templates.js"
import * as MemoryLifetime from "../recall/MemoryLifetime.js"
import * as Recall from "../recall/Recall.js"
import * as History from "./History.js"
import { SessionQueue } from "./SessionQueue.js"
import { callText, replyEntries, type Said, toMessage } from "./TurnReply.js"
import { choiceOf, settingsOf, toolsOf } from "./TurnRequest.js"

const chatId = Brand.nominal<ChatId>()
const jobId = Brand.nominal<JobId>()

/** What is not to be remembered is not recalled in other sessions either. */
const isShared = (request: ChatRequest): boolean => request.remember !== false

/** One turn of a conversation. */
export const make = Effect.gen(function* () {
  const storage = yield* Storage
  const ids = yield* Ids
  const model = yield* Model
  const names = yield* ModelName
  const recall = yield* Recall.make
  const newest = yield* History.make
  const prompt = yield* Prompt.make
  const summaries = yield* Summarize.make
  const recalledAnew = yield* MemoryLifetime.recalledAnew
  const jobQueue = yield* JobQueue
  const tokenizer = yield* Tokenizer
  const queue = new SessionQueue()

  const newIds = (count: number) => Effect.all(Array.from({ length: count }, () => ids.next))

  /** The ids of a turn's messages; those of a request under a key are the same for every attempt at it. */
  const messageIds = (count: number) =>
    Effect.flatMap(CurrentKey, (key) =>
      key === undefined
        ? newIds(count)
        : Effect.forEach(Array.from({ length: count }), (_, index) => idOf(`${key} ${index}`))
    )

  /** Writes messages of a turn. A session that was deleted in the meantime is `NotFound`. */
  const append = (developer: string, id: SessionId, entries: ReadonlyArray<EntryRow>, shared: boolean) =>
    orNotFound("session", id)(storage.entries.append(developer, id, entries, shared))

  /** Whether a request can be done at all. */
  const check = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const there = yield* found("session", id)(storage.sessions.participants(developer, id))
    const tools = toolsOf(there.tools, request.tools ?? [])
    const choice = yield* choiceOf(request, tools)
    return { ...there, choice, tools }
  })

  /** Everything that the model is asked, and what it is made of. Nothing is written. */
  const assemble = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    const { agent, choice, session, tools, user } = yield* check(developer, id, request)
    const recalled =
      request.recall === false ? Recall.nothing : yield* recall(developer, session, Recall.queryOf(request.messages))
    const at = yield* Clock.currentTimeMillis
    const entryIds = yield* messageIds(request.messages.length)
    const messages = request.messages.map((message, index) => Context.entryOf(message, entryIds[index] ?? "", at))
    const name = names.resolve(agent.model ?? DEFAULT_MODEL)
    const settings = settingsOf(request, agent)
    const count = tokenizer.of(name)
    const budget = Budget.promptBudget(names.window(name), settings.max_tokens, tools, count)
    const before = Summarize.notSummarized(session, yield* newest(developer, id, budget, count))
    const history = before.filter((entry) => !entryIds.includes(entry.id))
    const stored = history.length < before.length
    const parts = yield* prompt.render({ session, agent, user, recalled, history, messages })
    const fitted = Budget.fit(parts, budget, count)
    if (Either.isLeft(fitted)) return yield* Effect.fail(unprocessable("messages", fitted.left))
    const asked: ModelRequest = { model: name, messages: Context.render(fitted.right), tools, settings, ...choice }
    const { recalled: shown } = fitted.right
    return { agent, asked, developer, history, id, messages, recalled: shown, request, session, stored }
  })

  /** Everything before the model is asked; the last of it is that the user's message is stored. */
  const prepare = (developer: string, id: SessionId, request: ChatRequest) =>
    Effect.tap(assemble(developer, id, request), ({ messages, stored }) =>
      request.record === false || stored ? Effect.void : append(developer, id, messages, isShared(request))
    )

  /** What a turn would ask the model, in its order of turns: those that wait come first. */
  const render = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* queue.turn(`${developer} ${id}`)
    const { asked, recalled } = yield* assemble(developer, id, request)
    const rendered: RenderedChat = {
      model: asked.model,
      messages: asked.messages.map(OpenAi.messageOf),
      tools: asked.tools.map(OpenAi.toolOf),
      prompt_tokens: Budget.costOfPrompt(asked.messages, tokenizer.of(asked.model)),
      ...Recall.sourcesOf(recalled)
    }
    return rendered
  }, Effect.scoped)

  /** The work that a recorded turn leaves: facts to note, where a model can, and a summary, where it is due. */
  const workOf = (
    { agent, history, id, messages, request }: Turn,
    entries: ReadonlyArray<EntryRow>,
    statesFacts: boolean
  ): ReadonlyArray<Work> => {
    if (request.record === false) return []
    const facts: Work = {
      name: "note_facts",
      payload: { session_id: id, from: messages[0]?.id ?? "", through: entries.at(-1)?.id ?? "" }
    }
    const summary: Work = { name: "summarize_session", payload: { session_id: id } }
    return [
      ...(model.instructable && statesFacts ? [facts] : []),
      ...(summaries.isDue(agent, [...history, ...messages, ...entries]) ? [summary] : [])
    ]
  }

  /**
   * What is kept of a finished turn, in one transaction, because each one has its price: the reply, when memories were
   * recalled, what the user said of themselves, and the jobs that follow.
   */
  const keep = Effect.fnUntraced(function* (turn: Turn, said: Said) {
    const { agent, developer, id, messages, recalled, request, session } = turn
    const record = request.record !== false
    const at = yield* Clock.currentTimeMillis
    const entries = replyEntries(said, agent, yield* newIds(said.tool_calls.length + 1), at)
    const statements = request.remember === false ? [] : statementsOf(messages)
    const memories = model.instructable ? [] : statements
    const memoryIds = yield* newIds(memories.length)
    const jobs = yield* Effect.gen(function* () {
      if (record) yield* append(developer, id, entries, isShared(request))
      yield* storage.memories.touch(developer, recalledAnew(recalled.memories, at), at)
      for (const [index, statement] of memories.entries()) {
        const memory = {
          id: memoryIds[index] ?? "",
          agent_id: session.agent_id,
          user_id: session.user_id,
          content: statement.text,
          entities: [],
          sentiment: 0,
          timestamp: at,
          last_accessed_at: null,
          created_at: at,
          source_message_ids: record ? [statement.message_id] : []
        }
        yield* orNotFound("session", id)(storage.memories.remember(developer, memory))
      }
      return yield* Effect.forEach(workOf(turn, entries, statements.length > 0), (work) =>
        jobQueue.add(developer, work)
      )
    }).pipe(storage.transaction)
    return { entries, jobs: jobs.map((job) => jobId(job)) }
  })

  /** What is kept of a turn that broke off: the text so far, marked. Calls that nobody saw are not kept. */
  const keepPartial = Effect.fnUntraced(function* ({ agent, developer, id, request }: Turn, text: string) {
    if (request.record === false || text === "") return
    const at = yield* Clock.currentTimeMillis
    const entries = replyEntries({ content: text, tool_calls: [] }, agent, yield* newIds(1), at, true)
    yield* append(developer, id, entries, isShared(request))
  })

  /** One turn, answered when the reply is whole. */
  const complete = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* queue.turn(`${developer} ${id}`)
    const turn = yield* prepare(developer, id, request)
    const reply = yield* model.complete(turn.asked)
    const { entries, jobs } = yield* keep(turn, reply)
    const [first, ...rest] = entries.map(toMessage)
    if (first === undefined) return yield* Effect.dieMessage("a reply has at least one message")
    const response: ChatResponse = {
      id: chatId(yield* ids.next),
      finish_reason: reply.finish_reason,
      response: [[first, ...rest]],
      usage: reply.usage,
      jobs,
      ...Recall.sourcesOf(turn.recalled)
    }
    return response
  }, Effect.scoped)

  /**
   * One turn, told as the reply is written. What is wrong with the request fails at once; the turn itself begins with
   * the stream, and a reply that is abandoned or breaks off is kept as far as it came.
   */
  const stream = Effect.fnUntraced(function* (developer: string, id: SessionId, request: ChatRequest) {
    yield* check(developer, id, request)
    const reply = chatId(yield* ids.next)
    return Stream.unwrapScoped(
      queue.turn(`${developer} ${id}`).pipe(
        Effect.zipRight(prepare(developer, id, request)),
        Effect.map((turn) => tell(turn, { id: reply, finish_reason: null }))
      )
    )
  })

  const tell = (turn: Turn, base: Pick<ChatStreamEvent, "id" | "finish_reason">) =>
    Stream.suspend((): Stream.Stream<ChatStreamEvent, Failure> => {
      let text = ""
      let role: string | undefined
      let kept = false
      const calls: Array<ModelToolCall> = []
      const opening: ChatStreamEvent = { ...base, response: [[]], ...Recall.sourcesOf(turn.recalled) }

      const delta = (next: string, content: string): ChatStreamEvent => {
        const begins = next === "function_call" || role !== next
        role = next
        return { ...base, response: [[begins ? { role: next, name: turn.agent.name, content } : { content }]] }
      }
      const onEvent = (event: ModelEvent): Effect.Effect<ReadonlyArray<ChatStreamEvent>, Failure> => {
        switch (event._tag) {
          case "Text":
            text += event.text
            return Effect.succeed([delta("assistant", event.text)])
          case "Call":
            calls.push(event.call)
            return Effect.succeed([delta("function_call", callText(event.call))])
          case "End":
            return Effect.map(keep(turn, { content: text, tool_calls: calls }), ({ jobs }) => {
              kept = true
              const { finish_reason, usage } = event
              return [{ ...base, response: [[]], finish_reason, usage, jobs }]
            })
        }
      }
      return Stream.make(opening).pipe(
        Stream.concat(model.stream(turn.asked).pipe(Stream.mapEffect(onEvent), Stream.flattenIterables)),
        Stream.ensuring(
          Effect.suspend(() => (kept ? Effect.void : keepPartial(turn, text))).pipe(
            Effect.catchAll((error) => Effect.logError("The partial reply could not be kept", error))
          )
        )
      )
    })

  return { complete, render, stream }
})

/** A turn that is ready to be answered. */
interface Turn {
  readonly developer: string
  readonly id: SessionId
  readonly request: ChatRequest
  readonly session: SessionRow
  readonly agent: AgentRow
  readonly recalled: Recall.Recalled
  /** The messages before this turn that no summary covers, as far as they were read. */
  readonly history: ReadonlyArray<EntryRow>
  readonly messages: ReadonlyArray<EntryRow>
  readonly asked: ModelRequest
}
