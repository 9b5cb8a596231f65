/** A program that serves an agent on stdio, as users write one: the process of `test/mcp/stdio.test.ts`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import * as AgentServer from "../../src/mcp/AgentServer.js"

const server = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { agents } = yield* Julep
    const docs = [{ title: "Tea", content: "Green tea takes three minutes." }]
    const { id } = yield* agents.create({ name: "Ada", docs })
    yield* Effect.log("started")
    return AgentServer.layerStdio({ agent_id: id, name: "tea", stdin: NodeStream.stdin, stdout: NodeSink.stdout })
  })
)

server.pipe(
  Layer.provide(Embedded.layerMemory()),
  Layer.provide(AgentServer.logToStderr),
  Layer.launch,
  NodeRuntime.runMain
)
