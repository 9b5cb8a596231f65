/**
 * A model that says what it is told to, for tests: a list of steps, or a function of the request. It remembers what it
 * was asked.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { JsonObject } from "../../schema/Field.js"
import {
  eventsOf,
  Model,
  ModelError,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
  type ModelToolCall
} from "../ports/Model.js"
import { countContent, estimateTokens } from "../ports/Tokenizer.js"

/**
 * What the model does with one request: a reply, told word by word where a stream is asked for, or events, put together
 * where a reply is asked for. Make one with `reply`, `toolCall`, `toolCalls`, `pieces`, `fail`, `never` or `hold`.
 */
export type Step = (
  request: ModelRequest
) => Effect.Effect<ModelReply, ModelError> | Stream.Stream<ModelEvent, ModelError>

/** The steps one after the other, or the step for each request (`index` counts the requests from 0). */
export type Script = ReadonlyArray<Step> | ((request: ModelRequest, index: number) => Step)

type Extras = Partial<Pick<ModelReply, "finish_reason" | "usage" | "tool_calls">>

const answer = (request: ModelRequest, content: string | null, extras: Extras): ModelReply => {
  const calls = extras.tool_calls ?? []
  const prompt = request.messages.reduce(
    (sum, message) => sum + (message.content === null ? 0 : countContent(message.content)),
    0
  )
  const completion = estimateTokens((content ?? "") + calls.map((call) => call.name + call.arguments).join(""))
  return {
    content,
    tool_calls: calls,
    finish_reason: extras.finish_reason ?? (calls.length > 0 ? "tool_calls" : "stop"),
    usage: extras.usage ?? {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion
    }
  }
}

/** Answers with a text. The finish reason is "stop" and the usage an estimate unless they are given. */
export const reply =
  (content: string | null, extras: Extras = {}): Step =>
  (request) =>
    Effect.succeed(answer(request, content, extras))

/** Answers with several calls at once. */
export const toolCalls = (calls: ReadonlyArray<ModelToolCall>, extras: Omit<Extras, "tool_calls"> = {}): Step =>
  reply(null, { ...extras, tool_calls: calls })

/** Answers with one call; its id is "call_" and the name unless given. */
export const toolCall = (name: string, args: JsonObject = {}, id = `call_${name}`): Step =>
  toolCalls([{ id, name, arguments: JSON.stringify(args) }])

/** Fails. */
export const fail =
  (error: ModelError): Step =>
  () =>
    Effect.fail(error)

/** Never answers: only an interruption ends it. */
export const never: Step = () => Effect.never

/** Writes pieces of text and then goes on with another step, or ends: to break off, to wait, to fail midway. */
export const pieces =
  (texts: ReadonlyArray<string>, after?: Step): Step =>
  (request) => {
    const written = Stream.fromIterable(texts.map((text): ModelEvent => ({ _tag: "Text", text })))
    const rest = after === undefined ? endOf(answer(request, texts.join(""), {})) : streamed(after, request)
    return Stream.concat(written, rest)
  }

/** Does the step after a while, by the clock: `TestClock` decides when that is. */
export const delay =
  (duration: Duration.DurationInput, step: Step): Step =>
  (request) =>
    Stream.unwrap(
      Effect.delay(
        Effect.sync(() => streamed(step, request)),
        duration
      )
    )

/** Does the step when the latch opens, so that a test decides when the model answers. */
export const hold =
  <A>(latch: Deferred.Deferred<A>, step: Step): Step =>
  (request) =>
    Stream.unwrap(Effect.as(Deferred.await(latch), streamed(step, request)))

const endOf = ({ finish_reason, usage }: ModelReply): Stream.Stream<ModelEvent> =>
  Stream.succeed({ _tag: "End", finish_reason, usage })

const streamed = (step: Step, request: ModelRequest): Stream.Stream<ModelEvent, ModelError> => {
  const done = step(request)
  return Effect.isEffect(done) ? Stream.unwrap(Effect.map(done, eventsOf)) : done
}

const completed = (step: Step, request: ModelRequest): Effect.Effect<ModelReply, ModelError> => {
  const done = step(request)
  if (Effect.isEffect(done)) return done
  const nothing: ModelReply = answer(request, "", {})
  return Stream.runFold(done, nothing, (reply, event): ModelReply => {
    switch (event._tag) {
      case "Text":
        return { ...reply, content: (reply.content ?? "") + event.text }
      case "Call":
        return { ...reply, tool_calls: [...reply.tool_calls, event.call] }
      case "End":
        return { ...reply, finish_reason: event.finish_reason, usage: event.usage }
    }
  })
}

/** The script's other end: what the model was asked. */
export class Scripted extends Context.Tag("effect-julep/engine/Scripted")<Scripted, Scripted.Service>() {}

export declare namespace Scripted {
  /** A model that records its requests. */
  interface Service extends Model.Service {
    /** Every request so far, oldest first, those that failed or were interrupted included. */
    readonly requests: Effect.Effect<ReadonlyArray<ModelRequest>>
  }
  /** The options of a scripted model. */
  interface Options {
    /** What to do when the list has run out. Without it, that is a `ModelError` which says so. */
    readonly otherwise?: Step
    /**
     * Whether the engine asks it for summaries and for facts to remember, too, as it asks a real model. Default: false,
     * so that a script is of conversations alone.
     */
    readonly instructable?: boolean
    /** The models the endpoint serves; "scripted" unless given. Requests may name any. */
    readonly models?: ReadonlyArray<string>
  }
}

const exhausted = (length: number): Step =>
  fail(
    new ModelError({
      reason: "unavailable",
      message: `the script of the model has ${length} step${length === 1 ? "" : "s"}, and it was asked once more`
    })
  )

/** A model that follows a script. */
export const make = (script: Script, options: Scripted.Options = {}): Effect.Effect<Scripted.Service> =>
  Effect.map(Ref.make<ReadonlyArray<ModelRequest>>([]), (asked) => {
    const stepFor = (request: ModelRequest, index: number): Step =>
      typeof script === "function"
        ? script(request, index)
        : (script[index] ?? options.otherwise ?? exhausted(script.length))
    const next = (request: ModelRequest): Effect.Effect<Step> =>
      Effect.map(
        Ref.modify(asked, (before) => [before.length, [...before, request]] as const),
        (index) => stepFor(request, index)
      )
    return {
      instructable: options.instructable ?? false,
      complete: (request) => Effect.flatMap(next(request), (step) => completed(step, request)),
      stream: (request) => Stream.unwrap(Effect.map(next(request), (step) => streamed(step, request))),
      list: Effect.succeed(options.models ?? ["scripted"]),
      requests: Ref.get(asked)
    }
  })

/** The scripted model as the model of the engine, and as `Scripted`, to ask what it was sent. */
export const layer = (script: Script, options: Scripted.Options = {}): Layer.Layer<Model | Scripted> =>
  Layer.effectContext(
    Effect.map(make(script, options), (service) => Context.make(Scripted, service).pipe(Context.add(Model, service)))
  )
