/**
 * An Effect application with an agent: a service of its own, on the managers, on the embedded engine.
 * It runs without a network: `npx tsx examples/effect/quickstart.ts`.
 */
import { Console, Context, Effect, Layer, Logger, LogLevel } from "effect"
import { Agents, messageText, type RequestError, Sessions, Users } from "effect-julep"
import { Embedded } from "effect-julep/embedded"

/** The application's own service. It answers customers and hides how. */
class Support extends Context.Tag("app/Support")<
  Support,
  { readonly answer: (question: string) => Effect.Effect<string, RequestError> }
>() {
  /** It needs three managers, and nothing else. */
  static readonly layer: Layer.Layer<Support, RequestError, Agents | Users | Sessions> = Layer.effect(
    Support,
    Effect.gen(function* () {
      const agents = yield* Agents
      const users = yield* Users
      const sessions = yield* Sessions
      const ada = yield* agents.create({
        name: "Ada",
        about: "answers the customers of a coffee roaster",
        instructions: ["Be brief."],
        docs: [
          { title: "Returns", content: "Unopened bags can be returned within 30 days." },
          { title: "Delivery", content: "Shipping takes two working days and is free above 40 euros." }
        ]
      })
      const sam = yield* users.create({ name: "Sam", about: "a customer since 2023" })
      const session = yield* sessions.create({ agent_id: ada.id, user_id: sam.id })
      return {
        answer: (question) =>
          sessions.chat(session.id, question).pipe(Effect.map(messageText), Effect.withSpan("Support.answer"))
      }
    })
  )
}

const program = Effect.gen(function* () {
  const support = yield* Support
  for (const said of ["My favourite coffee is the Sidamo.", "How long does shipping take?", "What is my favourite?"]) {
    yield* Console.log(`> ${said}\n${yield* support.answer(said)}\n`)
  }
}).pipe(
  Effect.catchTag("NotFound", (error) => Console.error(`There is no such ${error.resource}: ${error.id}`)),
  Effect.catchTag("RateLimited", (error) => Console.error(`Try again in ${error.retryAfter ?? "a few"} seconds`))
)

// This line chooses the engine. Embedded.layer() stores data in a file and reads the model from the environment;
// Julep.layerFetch() uses a server. Nothing above this line changes.
const Engine = Embedded.layerMemory()
const App = Support.layer.pipe(Layer.provide(Engine), Layer.provide(Logger.minimumLogLevel(LogLevel.Warning)))

await program.pipe(Effect.provide(App), Effect.runPromise)
