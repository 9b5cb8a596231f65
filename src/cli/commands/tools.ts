import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CreateTool, PatchTool, ToolId, UpdateTool } from "../../schema/Tool.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { data, inputOf, objectOf, text } from "../input.js"
import { pageSize, paging, printList } from "../lists.js"
import { agent, agentId, idArgument } from "../names.js"
import { printValue } from "../output.js"

// The argument is a UUID.
const tool = idArgument("tool", "tools").pipe(Args.map((id) => id as ToolId))

const list = apiCommand({
  description: "Lists the tools of an agent, the newest first.",
  example: "effect-julep tools list --agent Ada",
  config: { ...agent, ...paging },
  run: (julep, options) =>
    Effect.gen(function* () {
      const id = yield* agentId(julep, options.agent)
      yield* printList(options, julep.tools.listAll(id, { limit: pageSize(options) }), [
        { name: "id", value: ({ id }) => id },
        { name: "name", value: (tool) => tool.function.name, cut: true },
        { name: "description", value: (tool) => tool.function.description, cut: true }
      ])
    })
})

const members = {
  name: text("name", "The name that the model calls it by."),
  description: text("description", "What the function does and when to call it, for the model."),
  parameters: Options.text("parameters").pipe(
    Options.withPseudoName("JSON"),
    Options.withDescription("The JSON Schema of its arguments."),
    Options.optional
  ),
  ...data
}

/** The input of `--data`, with the members of its function that the options name. */
const input = (given: { readonly [Name in keyof typeof members]: Option.Option<string> }) =>
  Effect.gen(function* () {
    const whole = yield* inputOf(given.data, {})
    const parameters = yield* objectOf("--parameters", given.parameters)
    const named = yield* inputOf(Option.none(), { name: given.name, description: given.description, parameters })
    return { ...whole, function: { ...Object(whole["function"]), ...named } }
  })

const create = apiCommand({
  description: "Adds a function that the model of an agent may call.",
  example: `effect-julep tools create --agent Ada --name lookup --parameters '{"type": "object", "properties": {}}'`,
  config: { ...agent, ...members },
  run: (julep, { json, ...given }) =>
    Effect.gen(function* () {
      const agent_id = yield* agentId(julep, given.agent)
      // The manager checks it.
      const tool = { type: "function", ...(yield* input(given)) } as unknown as CreateTool
      const created = yield* julep.tools.create({ agent_id, tool })
      yield* printValue({ json }, created, ({ id }) => `Created tool ${id}.`)
    })
})

const update = apiCommand({
  description: "Changes a tool. What is not given stays as it is.",
  example: `effect-julep tools update 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --agent Ada --description "Looks up an order."`,
  config: {
    tool,
    ...agent,
    ...members,
    replace: Options.boolean("replace").pipe(Options.withDescription("Replace the whole definition of the function."))
  },
  run: (julep, { json, replace, tool, ...given }) =>
    Effect.gen(function* () {
      const path = { agent_id: yield* agentId(julep, given.agent), tool_id: tool }
      const definition: object = yield* input(given)
      // The manager checks it.
      const updated = replace
        ? yield* julep.tools.update({ ...path, ...(definition as unknown as UpdateTool), overwrite: true })
        : yield* julep.tools.update({ ...path, ...(definition as unknown as PatchTool) })
      yield* printValue({ json }, updated, ({ id }) => `Updated tool ${id}.`)
    })
})

const remove = apiCommand({
  description: "Deletes tools of an agent.",
  example: "effect-julep tools delete 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --agent Ada",
  config: { tools: Args.atLeast(tool, 1), ...agent, ...yes },
  run: (julep, options) =>
    Effect.flatMap(agentId(julep, options.agent), (agent_id) =>
      deleteAll("tool", options.tools, options, (tool_id) => julep.tools.delete({ agent_id, tool_id }))
    )
})

export const command = group({ list, create, update, delete: remove })
