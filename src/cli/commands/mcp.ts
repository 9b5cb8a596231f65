import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Sink from "effect/Sink"
import { Julep } from "../../services/Julep.js"
import { connection, julep } from "../Connection.js"
import { command as make } from "../command.js"
import { model, modelOf } from "../model.js"
import { Stdio } from "../output.js"
import { participants, participantsOf } from "../participants.js"

export const command = make({
  description:
    "Serves an agent over the Model Context Protocol, on its input and output: the tools search_docs, recall, remember and chat, and the docs as resources. Applications such as Claude Desktop and editors start it. It ends with its input.",
  example: "effect-julep mcp --agent Ada --user Sam --db /home/sam/.julep/julep.db",
  endsBySignal: true,
  config: { ...participants, model, ...connection },
  run: ({ json: _, model, ...given }) =>
    Effect.gen(function* () {
      const chosen = yield* modelOf(model)
      const { input, write } = yield* Stdio
      const AgentServer = yield* Effect.promise(() => import("../../mcp/AgentServer.js"))
      const decoder = new TextDecoder()
      const output = (text: Uint8Array | string) => write(typeof text === "string" ? text : decoder.decode(text))
      const serve = Effect.gen(function* () {
        const { agent, session, user } = yield* participantsOf(yield* Julep, given)
        const server = AgentServer.layerStdio({
          agent_id: agent.id,
          user_id: Option.getOrUndefined(user),
          session_id: Option.getOrUndefined(session),
          stdin: input,
          stdout: Sink.forEach(output)
        })
        // The end of the input interrupts whoever builds the server.
        const exit = yield* Effect.flatMap(Effect.fork(Layer.launch(server)), Fiber.await)
        return yield* Exit.isInterrupted(exit) ? Effect.void : exit
      })
      yield* Effect.provide(serve, julep(given, { creates: true, model: chosen }))
    })
})
