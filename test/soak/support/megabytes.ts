// Gives an engine runs of one kind of character, each of megabytes, and prints the status of what it does with them.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Embedded } from "../../../src/embedded.js"
import { Julep } from "../../../src/index.js"
import { say } from "./say.js"

const SIZE = 2 ** 22
const runs = {
  letters: "a",

  spaces: " ",
  ticks: "`",

  marks: "\u0301",
  han: "茶"
}

const program = Effect.gen(function* () {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: "Ada" })
  for (const [name, sign] of Object.entries(runs)) {
    const text = sign.repeat(Math.floor(SIZE / Buffer.byteLength(sign)))
    const session = yield* julep.sessions.create({ agent_id: agent.id })
    const outcomes = yield* Effect.forEach(
      [
        Effect.asVoid(julep.docs.create({ agent_id: agent.id, doc: { title: name, content: `Tea\n\n${text}` } })),
        Effect.asVoid(julep.sessions.chat(session.id, text)),
        Effect.asVoid(julep.chat.completions.create({ messages: [{ role: "user", content: text }] }))
      ],
      (call) => Effect.match(call, { onFailure: ({ _tag }) => String(_tag), onSuccess: () => "ok" })
    )
    say(`${name}: ${outcomes.join(", ")}`)
  }
})

program.pipe(
  Effect.provide(Embedded.layerMemory({ model: "offline" })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
