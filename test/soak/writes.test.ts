/** Many fibers write at once to one file: no write is refused or lost, and deletes leave nothing behind. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import { Embedded } from "../../src/embedded.js"
import { type AgentId, type DocId, Julep, messageText, type ToolId } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { says } from "../support/turns.js"
import { faultsOf, temporaryFile } from "./support/database.js"

const FIBERS = 64
/** How many writes each fiber does: SOAK, or a few. */
const WRITES = Number(process.env["SOAK"] ?? 8)

const silent = Logger.replace(Logger.defaultLogger, Logger.none)

/** One fiber's writes; what must be there in the end. */
const write = Effect.fnUntraced(function* (fiber: number, shared: AgentId) {
  const julep = yield* Julep
  const agent = yield* julep.agents.create({ name: `Agent ${fiber}` })
  const user = yield* julep.users.create({ name: `User ${fiber}` })
  const session = yield* julep.sessions.create({ agent_id: shared, user_id: user.id })
  const left = { docs: new Set<DocId>(), tools: new Set<ToolId>(), said: [] as string[], about: "" }
  for (let index = 0; index < WRITES; index++) {
    const name = `${fiber}-${index}`
    switch (index % 8) {
      case 0: {
        const doc = { title: name, content: `The lamp of ${name} is lit.` }
        left.docs.add((yield* julep.docs.create({ agent_id: agent.id, doc })).id)
        break
      }
      case 1: {
        const content = `I keep lamp ${name} at home.`
        yield* julep.sessions.chat(session.id, { messages: [says(content)] })
        left.said.push(content)
        break
      }
      case 2: {
        left.about = name
        yield* julep.agents.update(agent.id, { about: name })
        break
      }
      case 3: {
        const tool = { type: "function", function: { name: `tool_${fiber}_${index}`, parameters: {} } } as const
        left.tools.add((yield* julep.tools.create({ agent_id: agent.id, tool })).id)
        break
      }
      case 4: {
        const [first] = left.docs
        if (first === undefined) break
        yield* julep.docs.delete({ agent_id: agent.id, doc_id: first })
        left.docs.delete(first)
        break
      }
      case 5: {
        const deleted = yield* julep.agents.create({ name, docs: [{ title: name, content: `${name} goes` }] })
        const deletedSession = yield* julep.sessions.create({ agent_id: deleted.id, user_id: user.id })
        yield* julep.sessions.chat(deletedSession.id, { messages: [says(`I lost lamp ${name} at sea.`)] })
        yield* julep.agents.delete(deleted.id)
        break
      }
      case 6:
        yield* julep.users.update(user.id, { metadata: { [name]: index } })
        break
      default:
        yield* Effect.all(
          [
            julep.sessions.update(session.id, { situation: name }),
            julep.docs.create({ user_id: user.id, doc: { title: name, content: name } })
          ],
          { concurrency: "unbounded" }
        )
    }
  }
  return { agent: agent.id, user: user.id, session: session.id, ...left }
})

describe(`${FIBERS} fibers of ${WRITES} mixed writes each (SOAK=n)`, () => {
  it.scopedLive(
    "every write succeeds, and every row exists",
    () =>
      Effect.gen(function* () {
        const file = yield* temporaryFile
        const model = Scripted.layer(() => Scripted.reply("ok"))
        yield* Effect.gen(function* () {
          const julep = yield* Julep
          const shared = yield* julep.agents.create({ name: "Shared" })
          const fibers = Array.from({ length: FIBERS }, (_, fiber) => write(fiber, shared.id))
          const all = yield* Effect.all(fibers, { concurrency: "unbounded" })
          for (const left of all) {
            const agent = yield* julep.agents.get(left.agent)
            expect(agent.about).toBe(left.about)
            const docs = yield* Stream.runCollect(julep.docs.listAll({ agent_id: left.agent }))
            expect(new Set(Array.from(docs, ({ id }) => id))).toEqual(left.docs)
            const tools = yield* Stream.runCollect(julep.tools.listAll(left.agent))
            expect(new Set(Array.from(tools, ({ id }) => id))).toEqual(left.tools)
            const history = yield* Stream.runCollect(julep.sessions.historyAll(left.session))
            expect(Array.from(history, messageText)).toEqual(left.said.flatMap((content) => [content, "ok"]))
            const remembered = yield* Stream.runCollect(
              julep.memories.listAll({ agent_id: shared.id, user_id: left.user })
            )
            expect(new Set(Array.from(remembered, ({ content }) => content))).toEqual(new Set(left.said))
          }
        }).pipe(Effect.provide(Embedded.layer({ storage: { file }, model })), Effect.provide(silent))
        expect(yield* faultsOf(file)).toEqual([])
      }),
    900_000
  )
})
