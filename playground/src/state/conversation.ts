/** The conversation of a session: its history, the turn that is on its way, and what is sent. */
import { Atom, Result } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { contentText, type InputChatMLMessage, Julep, type SessionId, Sessions } from "effect-julep"
import { runtime } from "../client.js"
import { type History, history, prompts } from "./history.js"
import { started } from "./jobs.js"
import { begin, type LiveTurn, type Progress, withEvent } from "./liveTurn.js"
import { byTurn } from "./promptsByTurn.js"
import { allSettings } from "./settings.js"
import { noFacts, type Turn, type TurnFacts, turnsOf } from "./Turn.js"

/** The turn that is on its way, or that ended without becoming part of the history. */
export const live = Atom.family((_session: SessionId) => Atom.keepAlive(Atom.make<LiveTurn | undefined>(undefined)))

/** The answer that was asked for again, beside that of the turn with this key. */
export const again = Atom.family((_key: string) => Atom.keepAlive(Atom.make<LiveTurn | undefined>(undefined)))

/** What the page knows of the turns that it has sent, by their keys. */
const facts = Atom.family((_session: SessionId) => Atom.keepAlive(Atom.make<ReadonlyMap<string, TurnFacts>>(new Map())))

const isBefore = (messages: History["messages"], after: string | undefined): number =>
  messages.findIndex(({ id }) => id === after) + 1

/** The message before the turn that is on its way, if there is such a turn. It stays the same while the reply grows. */
const before = Atom.family((session: SessionId) =>
  Atom.make((get) => Option.map(Option.fromNullable(get(live(session))), ({ after }) => after ?? ""))
)

/** The turns of the history that are before the one on its way. */
const earlier = Atom.family((session: SessionId) =>
  Atom.make((get): Result.Result<ReadonlyArray<Turn>, unknown> => {
    const known = get(facts(session))
    const kept = byTurn(Result.getOrElse(get(prompts(session)), () => []))
    const factsOf = (key: string): TurnFacts => known.get(key) ?? { ...noFacts, prompt: kept.get(key) }
    const last = get(before(session))
    return Result.map(get(history(session)), ({ messages }) =>
      turnsOf(Option.isNone(last) ? messages : messages.slice(0, isBefore(messages, last.value)), factsOf)
    )
  })
)

/** The turns of a session: those of its history, then the one on its way. */
export const turns = Atom.family((session: SessionId) =>
  Atom.make((get): Result.Result<ReadonlyArray<Turn>, unknown> => {
    const onItsWay = get(live(session))
    return Result.map(get(earlier(session)), (turns) => (onItsWay === undefined ? turns : [...turns, onItsWay]))
  })
)

const progressOf = (exit: Exit.Exit<unknown, unknown>, at: number): Progress => {
  if (Exit.isSuccess(exit)) return { _tag: "Done" }
  return Cause.isInterruptedOnly(exit.cause) ? { _tag: "Stopped" } : { _tag: "Failed", cause: exit.cause, at }
}

/** What a turn is called among the jobs. */
const titleOf = ({ sent }: LiveTurn): string => contentText(sent.at(-1)?.content ?? "").slice(0, 60)

/** Sends a turn, and writes into an atom what comes back, unless that has another turn by then. */
const stream = (session: SessionId, turn: LiveTurn, target: Atom.Writable<LiveTurn | undefined>) => {
  const update = (change: (turn: LiveTurn) => LiveTurn) =>
    Atom.update(target, (current) => (current?.key === turn.key ? change(current) : current))
  return Effect.gen(function* () {
    const sessions = yield* Sessions
    yield* Atom.set(target, turn)
    yield* sessions.chatStream(session, { ...turn.settings, messages: turn.sent, explain: true }).pipe(
      // Whoever reads the page decides about trying again.
      Julep.withStreamOptions({ retry: false }),
      // What arrives together is shown at once: a page that is drawn for each event falls behind a fast model.
      Stream.runForEachChunk((events) =>
        Effect.zipRight(
          Atom.set(started, {
            jobs: Chunk.toReadonlyArray(events).flatMap(({ jobs }) => jobs ?? []),
            of: `the chat "${titleOf(turn)}"`
          }),
          update((turn) => Chunk.reduce(events, turn, withEvent))
        )
      )
    )
  }).pipe(
    Effect.onExit((exit) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => update((turn) => ({ ...turn, progress: progressOf(exit, at) })))
    )
  )
}

/** What an atom has after it was read anew. */
const refreshed = <A, E>(atom: Atom.Atom<Result.Result<A, E>>) =>
  Effect.zipRight(Atom.refresh(atom), Atom.getResult(atom, { suspendOnWaiting: true }))

/** What the history has of a turn on its way. */
const storedOf = (messages: History["messages"], { after }: LiveTurn): Turn | undefined =>
  turnsOf(messages.slice(isBefore(messages, after)), () => noFacts).at(-1)

/** Adds the prompt to a turn that failed before its stream had one. */
const explainFailure = (session: SessionId, key: string) =>
  Effect.gen(function* () {
    const { messages } = yield* refreshed(history(session))
    const kept = byTurn(yield* refreshed(prompts(session)))
    yield* Atom.update(live(session), (turn) =>
      turn?.key === key && turn.prompt === undefined
        ? { ...turn, prompt: kept.get(storedOf(messages, turn)?.key) }
        : turn
    )
  }).pipe(Effect.ignore)

/** Replaces a turn on its way by that of the history, which must have a reply to it. */
const settle = (session: SessionId, key: string) =>
  Effect.gen(function* () {
    const { messages } = yield* refreshed(history(session))
    const turn = yield* Atom.get(live(session))
    if (turn?.key !== key) return
    const stored = storedOf(messages, turn)
    if (stored === undefined || stored.reply.length === 0) return yield* Effect.fail("not stored yet")
    const { finish_reason, jobs, prompt, usage } = turn
    yield* Atom.update(facts(session), (known) =>
      new Map(known).set(stored.key, { finish_reason, jobs, prompt, usage })
    )
    yield* Atom.set(live(session), undefined)
  })

/** The server stores what came of a reply when it notices that its client has left. */
const settleSoon = (session: SessionId, key: string) =>
  settle(session, key).pipe(Effect.retry(Schedule.spaced("200 millis").pipe(Schedule.upTo("3 seconds"))), Effect.ignore)

export interface Sending {
  readonly messages: ReadonlyArray<InputChatMLMessage>
  /** The message before them, if the history has them already because they got no reply. Default: the last one. */
  readonly after?: { readonly id: string | undefined } | undefined
}

/** Sends messages to a session. `Atom.Interrupt` stops the reply, of which is kept what came. */
export const send = Atom.family((session: SessionId) =>
  runtime
    .fn<Sending>()(({ after, messages }) =>
      Effect.gen(function* () {
        // The history has messages of a turn that failed.
        if ((yield* Atom.get(live(session))) !== undefined) yield* Effect.ignore(refreshed(history(session)))
        const known = Option.getOrUndefined(Result.value(yield* Atom.get(history(session))))
        const last = known?.messages.at(-1)?.id
        const turn = begin(messages, yield* Atom.get(allSettings), after === undefined ? last : after.id)
        yield* stream(session, turn, live(session)).pipe(
          Effect.onInterrupt(() => settleSoon(session, turn.key)),
          Effect.tapError(() => explainFailure(session, turn.key))
        )
        if (turn.settings.record !== false) yield* settle(session, turn.key)
      })
    )
    .pipe(Atom.keepAlive)
)

export interface Asking {
  readonly session: SessionId
  /** The key of the turn whose messages these are. */
  readonly key: string
  readonly messages: ReadonlyArray<InputChatMLMessage>
}

/** Asks again what a turn has asked. Neither the history nor the memories change. */
export const askAgain = runtime
  .fn<Asking>()(({ key, messages, session }) =>
    Effect.gen(function* () {
      const chosen = yield* Atom.get(allSettings)
      yield* stream(session, begin(messages, { ...chosen, record: false, remember: false }, undefined), again(key))
    })
  )
  .pipe(Atom.keepAlive)

/** Deletes every message of a session. */
export const clearHistory = runtime.fn<SessionId>()((session) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    yield* sessions.deleteHistory(session)
    yield* Effect.ignore(refreshed(history(session)))
    yield* Atom.set(live(session), undefined)
  })
)
