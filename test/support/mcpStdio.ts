/** A program that serves an agent on stdio, as users write one: the process of `test/mcp/stdio.test.ts`. */
import * as McpServer from "@effect/ai/McpServer"
import * as Tool from "@effect/ai/Tool"
import * as Toolkit from "@effect/ai/Toolkit"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
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

const Kettle = Toolkit.make(Tool.make("boil", { success: Schema.String }))
const kettle = McpServer.toolkit(Kettle).pipe(Layer.provide(Kettle.toLayer({ boil: () => Effect.succeed("boiling") })))

const leaflet = McpServer.resource({ uri: "file:///leaflet", name: "Leaflet", content: Effect.succeed("Tea is good.") })

server.pipe(
  Layer.provide(Layer.merge(kettle, leaflet)),
  Layer.provide(Embedded.layerMemory()),
  Layer.provide(AgentServer.logToStderr),
  Layer.launch,
  NodeRuntime.runMain
)
