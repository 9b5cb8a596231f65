// A process that chats without pause until it is killed, and reports each acknowledged turn: chatter.ts <file>.
// Each session takes its turns in order; some replies are tool calls, whose results are the next messages.
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../../src/embedded.js"
import { Julep } from "../../../src/index.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import type { InputChatMLMessage } from "../../../src/schema/Message.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)

/** A model with a varying delay, so that a kill meets turns at every point. */
const model = Scripted.layer((request, index) => {
  const step: Scripted.Step =
    index % 3 === 0 && request.messages.at(-1)?.role === "user"
      ? Scripted.toolCalls([1, 2].map((call) => ({ id: `call_${index}_${call}`, name: "look", arguments: "{}" })))
      : Scripted.reply(`reply ${index} in a few words`)
  return Scripted.delay(index % 4, step)
})

const converse = (number: number) =>
  Effect.gen(function* () {
    const julep = yield* Julep
    const agent = yield* julep.agents.create({ name: "Ada", tools: [tool] })
    const user = yield* julep.users.create({ name: "Sam" })
    const session = yield* julep.sessions.create({ agent_id: agent.id, user_id: user.id })
    let results: ReadonlyArray<InputChatMLMessage> = []
    for (let turn = 0; ; turn++) {
      const content = `I keep ${number} bees at post ${turn}.`
      const messages: readonly [InputChatMLMessage, ...Array<InputChatMLMessage>] =
        results[0] === undefined ? [{ role: "user", content }] : [results[0], ...results.slice(1)]
      const said = { session: session.id, agent: agent.id, content: results.length === 0 ? content : "" }
      results = []
      if (turn % 4 === 3) {
        yield* Stream.runDrain(julep.sessions.chatStream(session.id, { messages }))
        say(JSON.stringify({ ...said, ids: [] }))
        continue
      }
      const { response } = yield* julep.sessions.chat(session.id, { messages })
      say(JSON.stringify({ ...said, ids: response[0].map(({ id }) => id) }))
      // Now and then the results never come.
      if (turn % 5 !== 0) {
        results = response[0]
          .filter(({ role }) => role === "function_call")
          .map(() => ({ role: "function", name: "look", content: "nothing" }))
      }
    }
  })

const tool = {
  type: "function" as const,
  function: { name: "look", parameters: { type: "object", properties: {} } }
}

Effect.forEach([1, 2, 3, 4, 5, 6], converse, { concurrency: "unbounded", discard: true }).pipe(
  Effect.provide(Embedded.layer({ storage: { file }, model })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  Effect.runPromise
)
