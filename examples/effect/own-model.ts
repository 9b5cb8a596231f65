/**
 * A model of your own: every type that it needs is in `Embedded`.
 * `npx tsx examples/effect/own-model.ts`
 */
import { Console, Effect, Layer, Stream } from "effect"
import { Julep, messageText } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

/** The text of a content, without its images. */
const textOf = (content: Embedded.Content | null): string =>
  typeof content === "string"
    ? content
    : (content ?? []).map((part) => (part.type === "text" ? part.text : "")).join("")

/** The arguments of a call: a sample of what each parameter takes. */
const argumentsOf = ({ parameters }: Embedded.ModelTool): Embedded.JsonObject => ({
  required: parameters["required"] ?? []
})

const callOf = (tool: Embedded.ModelTool): Embedded.ModelToolCall => ({
  id: "call_1",
  name: tool.name,
  arguments: JSON.stringify(argumentsOf(tool))
})

/** The tool that the caller insists on. */
const chosen = (choice: Embedded.ToolChoice | undefined, tools: ReadonlyArray<Embedded.ModelTool>) =>
  choice === "required" || typeof choice === "object" ? tools.slice(0, 1) : []

const usageOf = (messages: ReadonlyArray<Embedded.ModelMessage>, text: string): Embedded.ModelUsage => {
  const prompt_tokens = messages.reduce((sum, { content }) => sum + textOf(content).length, 0)
  return { prompt_tokens, completion_tokens: text.length, total_tokens: prompt_tokens + text.length }
}

/** Shouts the last message, or calls the tool that it must call. */
const replyTo = ({ messages, settings, tool_choice, tools }: Embedded.ModelRequest): Embedded.ModelReply => {
  const { max_tokens }: Embedded.ModelSettings = settings
  const text = textOf(messages.at(-1)?.content ?? null)
    .toUpperCase()
    .slice(0, max_tokens)
  const tool_calls = chosen(tool_choice, tools).map(callOf)
  const finish_reason = tool_calls.length > 0 ? "tool_calls" : "stop"
  return { content: text, tool_calls, finish_reason, usage: usageOf(messages, text) }
}

const checked = (request: Embedded.ModelRequest): Effect.Effect<Embedded.ModelReply, Embedded.ModelError> =>
  request.settings.response_format === undefined
    ? Effect.succeed(replyTo(request))
    : Effect.fail(new Embedded.ModelError({ reason: "invalid_request", message: "This model writes no JSON." }))

const eventsOf = ({ content, finish_reason, tool_calls, usage }: Embedded.ModelReply) => {
  const end: Embedded.ModelEnd = { finish_reason, usage }
  return Stream.fromIterable<Embedded.ModelEvent>([
    { _tag: "Text", text: content ?? "" },
    ...tool_calls.map((call) => ({ _tag: "Call" as const, call })),
    { _tag: "End", ...end }
  ])
}

/** What `/v1` asks for: without a relay, the engine answers it with `complete` and `stream`. */
const relay: Embedded.Relay = ({
  path
}: Embedded.RelayRequest): Effect.Effect<Embedded.RelayAnswer, Embedded.RelayError> => {
  const error: Embedded.OpenAiErrorBody = { error: { message: `There is no ${path}.`, type: "invalid_request_error" } }
  return Effect.fail(new Embedded.OpenAiError({ status: 404, headers: {}, body: error, message: "no path" }))
}

const service: Embedded.Model.Service = {
  instructable: false,
  complete: checked,
  stream: (request) => Stream.unwrap(Effect.map(checked(request), eventsOf)),
  list: Effect.succeed(["shout"]),
  relay
}

const program = Effect.gen(function* () {
  const { agents, chat, sessions } = yield* Julep
  const agent = yield* agents.create({ name: "Ada" })
  const session = yield* sessions.create({ agent_id: agent.id })
  yield* Console.log(messageText(yield* sessions.chat(session.id, "Hello!")))

  const refused = yield* Effect.flip(chat.completions.create({ messages: [{ role: "user", content: "Hello!" }] }))
  yield* Console.log(refused.message)
})

const model = Layer.succeed(Embedded.Model, service)
await program.pipe(Effect.provide(Embedded.layerMemory({ model })), Effect.runPromise)
