/** A model for tests that follows a script: a list of steps, or a function of the request. It records its requests. */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
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
  type ModelToolCall,
  type ModelUsage
} from "../ports/Model.js"
import { countContent, estimateTokens } from "../ports/Tokenizer.js"

/** A call of a tool. */
export interface ReplyCall {
  /** The name of the tool. */
  readonly name: string
  /** The arguments, or their JSON as the model writes it, which need not parse. Default: `{}`. */
  readonly arguments?: JsonObject | string | undefined
  /** Default: `call_` and the name; a further call of the same name has its number, too. */
  readonly id?: string | undefined
}

/** A reply that is more than a text. */
export interface ReplyParts {
  /** Default: no text. */
  readonly text?: string | undefined
  /** The calls of tools. Default: none. */
  readonly calls?: ReadonlyArray<ReplyCall> | undefined
  /** Default: `"tool_calls"` if there are calls, else `"stop"`. */
  readonly finish_reason?: string | undefined
  /** Default: an estimate. */
  readonly usage?: ModelUsage | undefined
}

/** A failed request: what its caller gets is the error that the endpoint's answer makes. */
export interface Failure {
  /** Why it fails, as in a `ModelError`. */
  readonly error: ModelError["reason"]
  /** Default: a message that names the reason. */
  readonly message?: string | undefined
  /** The seconds after which the endpoint says to try again. */
  readonly retryAfter?: number | undefined
}

type Outcome = Effect.Effect<ModelReply, ModelError> | Stream.Stream<ModelEvent, ModelError>

/**
 * What the model does with one request: it replies with a text or with parts, which a streamed call emits word by word; it
 * fails; or it does what a function of the request returns, which may be a promise, or an effect of a reply, or a stream of
 * events, which a unary call puts together. `pieces`, `delay`, `hold` and `never` are such functions.
 */
export type Step = string | ReplyParts | Failure | StepFunction

/** A step that depends on the request. `index` counts the requests from 0. */
export type StepFunction = (request: ModelRequest, index: number) => Step | PromiseLike<Step> | Outcome

/** A step whose outcome no other step makes. */
type Ready = (request: ModelRequest, index?: number) => Outcome

/** The steps one after the other, or the step for each request. */
export type Script = ReadonlyArray<Step> | StepFunction

type Extras = {
  readonly [Key in "finish_reason" | "usage" | "tool_calls" | "extra"]?: ModelReply[Key] | undefined
}

/** The calls of a reply, each with an id of its own. */
export const callsOf = (calls: ReadonlyArray<ReplyCall>): ReadonlyArray<ModelToolCall> =>
  calls.map(({ arguments: args = {}, id, name }, index) => {
    const before = calls.slice(0, index).filter((call) => call.name === name).length
    return {
      id: id ?? (before === 0 ? `call_${name}` : `call_${name}_${before + 1}`),
      name,
      arguments: typeof args === "string" ? args : JSON.stringify(args)
    }
  })

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

const answerOf = (request: ModelRequest, { calls, text, ...given }: ReplyParts): ModelReply =>
  answer(request, text ?? null, { ...given, ...(calls === undefined ? {} : { tool_calls: callsOf(calls) }) })

const isStream = (value: object): value is Stream.Stream<ModelEvent, ModelError> => Stream.StreamTypeId in value

/** What a step does with a request. */
const outcomeOf = (step: Step, request: ModelRequest, index: number): Outcome => {
  if (typeof step === "string") return Effect.succeed(answerOf(request, { text: step }))
  if (typeof step === "function") {
    const next = step(request, index)
    if (Effect.isEffect(next)) return next
    if (typeof next === "object" && isStream(next)) return next
    if (Predicate.isPromiseLike(next)) {
      return Stream.unwrap(
        Effect.map(
          Effect.promise(() => next),
          (done) => streamed(done, request, index)
        )
      )
    }
    return outcomeOf(next, request, index)
  }
  if ("error" in step) {
    const { error: reason, message = `The script fails: ${reason}`, retryAfter } = step
    return Effect.fail(new ModelError({ reason, message, retryAfter }))
  }
  return Effect.succeed(answerOf(request, step))
}

/** Replies with text. The finish reason defaults to "stop", the usage to an estimate. */
export const reply =
  (content: string | null, extras: Extras = {}): Ready =>
  (request) =>
    Effect.succeed(answer(request, content, extras))

/** Replies with several tool calls. */
export const toolCalls = (calls: ReadonlyArray<ModelToolCall>, extras: Omit<Extras, "tool_calls"> = {}): Ready =>
  reply(null, { ...extras, tool_calls: calls })

/** Replies with one tool call. Its id defaults to "call_" and the name. */
export const toolCall = (name: string, args: JsonObject = {}, id = `call_${name}`): Ready =>
  toolCalls([{ id, name, arguments: JSON.stringify(args) }])

/** Fails. */
export const fail =
  (error: ModelError): Ready =>
  () =>
    Effect.fail(error)

/** Never replies: only an interruption ends it. */
export const never: Ready = () => Effect.never

/** Emits pieces of text and then ends, or continues with another step: to wait, to fail midway, to break off. */
export const pieces =
  (texts: ReadonlyArray<string>, after?: Step): Ready =>
  (request, index = 0) => {
    const written = Stream.fromIterable(texts.map((text): ModelEvent => ({ _tag: "Text", text })))
    const rest =
      after === undefined ? Stream.succeed(endOf(answer(request, texts.join(""), {}))) : streamed(after, request, index)
    return Stream.concat(written, rest)
  }

/** Runs the step after a delay, which `TestClock` controls in tests. */
export const delay =
  (duration: Duration.DurationInput, step: Step): Ready =>
  (request, index = 0) =>
    Stream.unwrap(
      Effect.delay(
        Effect.sync(() => streamed(step, request, index)),
        duration
      )
    )

/** Runs the step once the latch opens, so that a test decides when the model replies. */
export const hold =
  <A>(latch: Deferred.Deferred<A>, step: Step): Ready =>
  (request, index = 0) =>
    Stream.unwrap(Effect.map(Deferred.await(latch), () => streamed(step, request, index)))

const streamed = (step: Step, request: ModelRequest, index: number): Stream.Stream<ModelEvent, ModelError> => {
  const done = outcomeOf(step, request, index)
  return Effect.isEffect(done) ? Stream.unwrap(Effect.map(done, eventsOf)) : done
}

const completed = (step: Step, request: ModelRequest, index: number): Effect.Effect<ModelReply, ModelError> => {
  const done = outcomeOf(step, request, index)
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
    readonly otherwise?: Step | undefined
    /**
     * Whether background jobs call the model for summaries and facts, as they call a real one. Default: `false`, so that
     * the script holds the replies of conversations only.
     */
    readonly instructable?: boolean | undefined
    /** The models that `list` returns. Default: "scripted". Requests may name any model. */
    readonly models?: ReadonlyArray<string> | undefined
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
    const stepAt = (index: number): Step =>
      typeof script === "function" ? script : (script[index] ?? options.otherwise ?? exhausted(script.length))
    /** Records a request; returns how many came before it. */
    const next = (request: ModelRequest): Effect.Effect<number> =>
      Ref.modify(received, (before) => [before.length, [...before, request]] as const)
    return {
      instructable: options.instructable ?? false,
      complete: (request) => Effect.flatMap(next(request), (index) => completed(stepAt(index), request, index)),
      stream: (request) => Stream.unwrap(Effect.map(next(request), (index) => streamed(stepAt(index), request, index))),
      list: Effect.succeed(options.models ?? ["scripted"]),
      requests: Ref.get(received)
    }
  })

/** The scripted model as the model of the engine, and as `Scripted`, which returns the requests it received. */
export const layer = (script: Script, options: Scripted.Options = {}): Layer.Layer<Model | Scripted> =>
  Layer.effectContext(
    Effect.map(make(script, options), (service) => Context.make(Scripted, service).pipe(Context.add(Model, service)))
  )
