// A process that writes docs and chats, and reports each request to its embedder and the end of its writes:
// embedder.ts <file> <docs>. Its embedder answers a few requests, and then hangs.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { Embedded } from "../../../src/embedded.js"
import { Embedder } from "../../../src/engine/ports/Embedder.js"
import { Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { says } from "../../support/turns.js"
import { say } from "./say.js"
import { embedding } from "./vectorOf.js"

const ANSWERED = 4
let requests = 0

const [file = "", docs = ""] = process.argv.slice(2)

const embedder = Layer.succeed(
  Embedder,
  Option.some({
    ...embedding,
    // Chats do not wait for one that hangs.
    queryTimeout: Duration.millis(20),
    embed: (texts: ReadonlyArray<string>) =>
      Effect.suspend(() => {
        say("request")
        return ++requests > ANSWERED ? Effect.never : Effect.delay(embedding.embed(texts), "100 millis")
      })
  })
)
const model = Scripted.layer((_, index) => Scripted.reply(`reply ${index} in a few words`))

Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  const user = yield* julep.users.create({ name: "Sam" })
  const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
  const run = crypto.randomUUID()
  const long = Array.from({ length: 300 }, (_, index) => `Part ${index} of ${run}.`)
  yield* julep.docs.create({ agent_id: agent.id, doc: { title: "Long", content: long } })
  for (let number = 0; number < Number(docs); number++) {
    const content = [1, 2, 3].map((part) => `Page ${part} of ${number} of ${run}.`)
    yield* julep.docs.create({ agent_id: agent.id, doc: { title: `Doc ${number}`, content } })
    if (number % 4 === 0)
      yield* julep.sessions.chat(session.id, { messages: [says(`I keep bees at ${run} ${number}.`)] })
  }
  say("written")
  yield* Effect.never
}).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model, embedder })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  NodeRuntime.runMain
)
