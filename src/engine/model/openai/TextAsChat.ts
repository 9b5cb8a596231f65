/** Answers text completions with chats, one a prompt, for an endpoint or a model that has chat completions only. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { JsonObject } from "../../../schema/Field.js"
import { errorIn, statusIn } from "../../../transport/errorBody.js"
import * as Sse from "../../../transport/Sse.js"
import { ModelError, OpenAiError, type RelayAnswer, type RelayError } from "../../ports/Model.js"
import { unsupportedParameter } from "../../ports/OpenAi.js"
import { promptsOf, unsupportedByChat } from "../../ports/OpenAiText.js"
import { errorBodyOf } from "./relayErrors.js"

/** Sends the body of a chat completion. */
type SendChat = (body: JsonObject) => Effect.Effect<RelayAnswer, RelayError, Scope.Scope>

/** How many prompts are asked at a time. `maxConcurrency` of the endpoint may allow fewer. */
const AT_ONCE = 4

const COUNTS = ["prompt_tokens", "completion_tokens", "total_tokens"] as const

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const parse = (text: string): JsonObject => {
  const json = Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))
  return Predicate.isRecord(json) ? json : {}
}

const recordOf = (value: unknown): JsonObject => (Predicate.isRecord(value) ? value : {})
const numberOf = (value: unknown): number => (Predicate.isNumber(value) ? value : 0)

/** The bodies of the chats that answer a text completion, or the first member that no chat can honour. */
const chatsOf = (body: JsonObject) =>
  Either.map(promptsOf(body), (prompts) => {
    const { best_of: _b, echo: _e, logprobs: _l, prompt: _p, suffix: _s, ...rest } = body
    return prompts.map((content): JsonObject => ({ ...rest, messages: [{ role: "user", content }] }))
  })

const requestsOf = (body: JsonObject): Either.Either<ReadonlyArray<JsonObject>, OpenAiError> => {
  const beyond = unsupportedByChat(body)
  return beyond === undefined
    ? Either.mapLeft(chatsOf(body), ({ message }) => unsupportedParameter("prompt", message))
    : Either.left(unsupportedParameter(beyond, "the model answers chat completions only, which have no such member."))
}

/** One text completion out of several chat completions, whole or in pieces. */
class TextCompletion {
  /** The first id, time and model that a chat gives; those of Azure's first chunk are empty. */
  private heading: JsonObject = {}
  private readonly usages: Array<JsonObject> = []

  constructor(private readonly choicesPerPrompt: number) {}

  /** The choices of a chat completion, or of a piece of it, for the prompt at this position. */
  add(chat: JsonObject, prompt: number): ReadonlyArray<JsonObject> {
    const { created, id, model } = this.heading
    this.heading = { id: id || chat["id"], created: created || chat["created"], model: model || chat["model"] }
    if (Predicate.isRecord(chat["usage"])) this.usages.push(chat["usage"])
    const choices = Array.isArray(chat["choices"]) ? chat["choices"].filter(Predicate.isRecord) : []
    return choices.map((choice, position) => {
      const { content, refusal } = recordOf(choice["message"] ?? choice["delta"])
      return {
        index: prompt * this.choicesPerPrompt + (Predicate.isNumber(choice["index"]) ? choice["index"] : position),
        text: typeof content === "string" ? content : typeof refusal === "string" ? refusal : "",
        logprobs: null,
        finish_reason: choice["finish_reason"] ?? null
      }
    })
  }

  of(choices: ReadonlyArray<JsonObject>, usage: object): JsonObject {
    return { ...this.heading, object: "text_completion", choices, ...usage }
  }

  /** The sum of the usage of all prompts. */
  get usage(): JsonObject {
    return Object.fromEntries(
      COUNTS.map((name) => [name, this.usages.reduce((sum, usage) => sum + numberOf(usage[name]), 0)])
    )
  }
}

const perPrompt = ({ n }: JsonObject): number => (Predicate.isNumber(n) ? n : 1)

const withType = (headers: RelayAnswer["headers"], contentType: string) => ({
  ...headers,
  "content-type": contentType
})

const streamedUnasked = new ModelError({
  reason: "unavailable",
  message: "The model's endpoint answered with a stream that was not asked for."
})

const whole = (send: SendChat, body: JsonObject, chats: ReadonlyArray<JsonObject>) =>
  Effect.gen(function* () {
    const answers = yield* Effect.forEach(chats, (chat) => Effect.scoped(send(chat)), { concurrency: AT_ONCE })
    const completion = new TextCompletion(perPrompt(body))
    const choices: Array<JsonObject> = []
    for (const [prompt, answer] of answers.entries()) {
      if (!(answer.body instanceof Uint8Array)) return yield* streamedUnasked
      choices.push(...completion.add(parse(decoder.decode(answer.body)), prompt))
    }
    const text = JSON.stringify(completion.of(choices, { usage: completion.usage }))
    const headers = withType(answers.at(-1)?.headers ?? {}, "application/json")
    return { status: 200, headers, body: encoder.encode(text) } satisfies RelayAnswer
  })

/** The error that an event of a chat reports, which ends the text completion. The relay has removed secrets from it. */
const streamError = (json: JsonObject): OpenAiError => {
  const status = statusIn(errorIn(json)) ?? 502
  const body = errorBodyOf(JSON.stringify(json), status)
  return new OpenAiError({ status, headers: {}, body, message: "The model's endpoint failed while streaming." })
}

/** The data of the events of an answer; one that is whole is one event. */
const dataOf = ({ body }: RelayAnswer): Stream.Stream<string, RelayError> =>
  body instanceof Uint8Array ? Stream.make(decoder.decode(body)) : Stream.map(Sse.decode(body), ({ data }) => data)

const streamed = (send: SendChat, body: JsonObject, chats: ReadonlyArray<JsonObject>) =>
  Effect.gen(function* () {
    const [firstChat = {}, ...others] = chats
    // The status of the first prompt is that of the response.
    const first = yield* send(firstChat)
    const completion = new TextCompletion(perPrompt(body))
    const options = recordOf(body["stream_options"])
    const nullUsage = options["include_usage"] === true ? { usage: null } : {}
    const event = (json: JsonObject) => encoder.encode(`data: ${JSON.stringify(json)}\n\n`)
    const eventsOf = (answer: RelayAnswer, prompt: number) =>
      Stream.mapConcatEffect(dataOf(answer), (data): Effect.Effect<ReadonlyArray<Uint8Array>, RelayError> => {
        const json = parse(data)
        if (errorIn(json) !== undefined) return Effect.fail(streamError(json))
        const choices = completion.add(json, prompt)
        return Effect.succeed(choices.length === 0 ? [] : [event(completion.of(choices, nullUsage))])
      })
    const rest = Stream.flatMap(Stream.fromIterable(others.entries()), ([index, chat]) =>
      Stream.unwrapScoped(Effect.map(send(chat), (answer) => eventsOf(answer, index + 1)))
    )
    const ending = Stream.suspend(() => {
      const usage = options["include_usage"] === true ? [event(completion.of([], { usage: completion.usage }))] : []
      return Stream.fromIterable([...usage, encoder.encode("data: [DONE]\n\n")])
    })
    const headers = withType(first.headers, "text/event-stream")
    return {
      status: 200,
      headers,
      body: Stream.concat(Stream.concat(eventsOf(first, 0), rest), ending)
    } satisfies RelayAnswer
  })

/** The answer to a text completion, by a relay of chat completions. */
export const textAsChat = (send: SendChat, body: JsonObject): Effect.Effect<RelayAnswer, RelayError, Scope.Scope> =>
  Effect.flatMap(
    requestsOf(body),
    (chats): Effect.Effect<RelayAnswer, RelayError, Scope.Scope> =>
      body["stream"] === true ? streamed(send, body, chats) : whole(send, body, chats)
  )
