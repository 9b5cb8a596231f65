/** A model for tests that follows a script: a list of steps, or a function of the request. It records its requests. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import type { JsonObject } from "../../schema/Field.js"
import {
  endOf,
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
 * What the model does with one request: a reply, which a streamed call emits word by word, or events, which a unary call
 * puts together. Make one with `reply`, `toolCall`, `toolCalls`, `pieces`, `fail`, `never`, `delay` or `hold`.
 */
export type Step = (
  request: ModelRequest
) => Effect.Effect<ModelReply, ModelError> | Stream.Stream<ModelEvent, ModelError>

/** The steps one after the other, or the step for each request (`index` counts the requests from 0). */
export type Script = ReadonlyArray<Step> | ((request: ModelRequest, index: number) => Step)

type Extras = Partial<Pick<ModelReply, "finish_reason" | "usage" | "tool_calls" | "extra">>

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
    },
    ...(extras.extra === undefined ? {} : { extra: extras.extra })
  }
}

/** Replies with text. The finish reason defaults to "stop", the usage to an estimate. */
export const reply =
  (content: string | null, extras: Extras = {}): Step =>
  (request) =>
    Effect.succeed(answer(request, content, extras))

/** Replies with several tool calls. */
export const toolCalls = (calls: ReadonlyArray<ModelToolCall>, extras: Omit<Extras, "tool_calls"> = {}): Step =>
  reply(null, { ...extras, tool_calls: calls })

/** Replies with one tool call. Its id defaults to "call_" and the name. */
export const toolCall = (name: string, args: JsonObject = {}, id = `call_${name}`): Step =>
  toolCalls([{ id, name, arguments: JSON.stringify(args) }])

/** Fails. */
export const fail =
  (error: ModelError): Step =>
  () =>
    Effect.fail(error)

/** Never replies: only an interruption ends it. */
export const never: Step = () => Effect.never

/** Emits pieces of text and then ends, or continues with another step: to wait, to fail midway, to break off. */
export const pieces =
  (texts: ReadonlyArray<string>, after?: Step): Step =>
  (request) => {
    const written = Stream.fromIterable(texts.map((text): ModelEvent => ({ _tag: "Text", text })))
    const rest =
      after === undefined ? Stream.succeed(endOf(answer(request, texts.join(""), {}))) : streamed(after, request)
    return Stream.concat(written, rest)
  }

/** Runs the step after a delay, which `TestClock` controls in tests. */
export const delay =
  (duration: Duration.DurationInput, step: Step): Step =>
  (request) =>
    Stream.unwrap(
      Effect.delay(
        Effect.sync(() => streamed(step, request)),
        duration
      )
    )

/** Runs the step once the latch opens, so that a test decides when the model replies. */
export const hold =
  <A>(latch: Deferred.Deferred<A>, step: Step): Step =>
  (request) =>
    Stream.unwrap(Effect.as(Deferred.await(latch), streamed(step, request)))

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
      case "End": {
        const { _tag, ...end } = event
        return { ...reply, ...end }
      }
    }
  })
}

/** The scripted model, with the requests that it received. */
export class Scripted extends Context.Tag("effect-julep/engine/Scripted")<Scripted, Scripted.Service>() {}

export declare namespace Scripted {
  /** A model that records its requests. */
  interface Service extends Model.Service {
    /** Every request so far, oldest first, including those that failed or were interrupted. */
    readonly requests: Effect.Effect<ReadonlyArray<ModelRequest>>
  }
  /** The options of a scripted model. */
  interface Options {
    /** The step after the last of the list. Default: a `ModelError` which says that the script has ended. */
    readonly otherwise?: Step
    /**
     * Whether background jobs call the model for summaries and facts, as they call a real one. Default: `false`, so that
     * the script holds the replies of conversations only.
     */
    readonly instructable?: boolean
    /** The models that `list` returns. Default: "scripted". Requests may name any model. */
    readonly models?: ReadonlyArray<string>
  }
}

const exhausted = (length: number): Step =>
  fail(
    new ModelError({
      reason: "unavailable",
      message: `The script of the model has ${length} step${length === 1 ? "" : "s"}, but the model was called once more. Add a step, or set the option otherwise.`
    })
  )

/** A model that follows a script. */
export const make = (script: Script, options: Scripted.Options = {}): Effect.Effect<Scripted.Service> =>
  Effect.map(Ref.make<ReadonlyArray<ModelRequest>>([]), (received) => {
    const stepFor = (request: ModelRequest, index: number): Step =>
      typeof script === "function"
        ? script(request, index)
        : (script[index] ?? options.otherwise ?? exhausted(script.length))
    const next = (request: ModelRequest): Effect.Effect<Step> =>
      Effect.map(
        Ref.modify(received, (before) => [before.length, [...before, request]] as const),
        (index) => stepFor(request, index)
      )
    return {
      instructable: options.instructable ?? false,
      complete: (request) => Effect.flatMap(next(request), (step) => completed(step, request)),
      stream: (request) => Stream.unwrap(Effect.map(next(request), (step) => streamed(step, request))),
      list: Effect.succeed(options.models ?? ["scripted"]),
      requests: Ref.get(received)
    }
  })

/** The scripted model as the model of the engine, and as `Scripted`, which returns the requests it received. */
export const layer = (script: Script, options: Scripted.Options = {}): Layer.Layer<Model | Scripted> =>
  Layer.effectContext(
    Effect.map(make(script, options), (service) => Context.make(Scripted, service).pipe(Context.add(Model, service)))
  )
