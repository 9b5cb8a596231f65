/**
 * Streamed replies: printed piece by piece, collected, and stopped early.
 * `npx tsx examples/effect/streaming.ts`
 */
import { Console, Effect, Stream } from "effect"
import { accumulateChat, deltaText, Julep, messageText, type SessionId } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

const ask = (session: SessionId, content: string) =>
  Stream.unwrap(Effect.map(Julep, (julep) => julep.sessions.chatStream(session, content)))

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({
    name: "Ada",
    docs: [{ title: "Tea", content: "Green tea takes two minutes at 80 degrees. Black tea takes four minutes." }]
  })
  const session = yield* julep.sessions.create({ agent_id: agent.id })

  // Piece by piece. The last event has the finish reason and the token usage.
  yield* Stream.runForEach(ask(session.id, "How long does black tea take?"), (event) =>
    Effect.sync(() => process.stdout.write(event.finish_reason === null ? deltaText(event) : "\n"))
  )

  // Or the whole reply.
  const whole = yield* accumulateChat(ask(session.id, "And green tea?"))
  yield* Console.log(`${messageText(whole)} (${whole.usage?.completion_tokens} tokens)`)

  // To stop the model, stop reading. The history keeps the text so far, as a message marked `aborted`.
  const pieces = ask(session.id, "Tell me about tea.").pipe(
    Stream.map(deltaText),
    Stream.filter((text) => text !== "")
  )
  yield* Stream.runDrain(Stream.take(pieces, 2))
  const history = yield* julep.sessions.history(session.id)
  const last = history.at(-1)
  yield* Console.log(last?.aborted === true ? `Stopped after ${JSON.stringify(messageText(last))}` : "Not stopped")
})

await program.pipe(Effect.provide(Embedded.layerMemory()), Effect.runPromise)
