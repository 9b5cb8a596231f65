/**
 * `@effect/ai` on a session: a program that knows nothing of sessions gets its docs and its history.
 * `npx tsx examples/effect/effect-ai.ts`
 */
import { Chat, LanguageModel } from "@effect/ai"
import { Console, Effect, Schema, Stream } from "effect"
import { Julep } from "effect-julep"
import { SessionModel } from "effect-julep/ai"
import { Embedded } from "effect-julep/embedded"

/** Written for any `LanguageModel`. */
const conversation = Effect.gen(function* () {
  const chat = yield* Chat.empty
  const { text } = yield* chat.generateText({ prompt: "How long does green tea take?" })
  yield* Console.log(text)

  yield* chat
    .streamText({ prompt: "And at which temperature?" })
    .pipe(Stream.runForEach((part) => (part.type === "text-delta" ? Console.log(part.delta) : Effect.void)))

  const schema = Schema.Struct({ tea: Schema.String, minutes: Schema.Int })
  const { value } = yield* LanguageModel.generateObject({ prompt: "Green tea takes three minutes.", schema })
  yield* Console.log(value)
})

const program = Effect.gen(function* () {
  const { agents, sessions } = yield* Julep
  const content = "Green tea takes three minutes. Its temperature is 80 degrees."
  const agent = yield* agents.create({ name: "Ada", docs: [{ title: "Green tea", content }] })
  const session = yield* sessions.create({ agent_id: agent.id })
  yield* conversation.pipe(Effect.provide(SessionModel.layer(session.id)))

  const history = yield* sessions.history(session.id)
  yield* Console.log(`The session has ${history.length} messages.`)
})

await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
