import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { CreateAgent, PatchAgent, UpdateAgent } from "../../schema/Agent.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { data, inputOf, metadata, objectOf, text, texts } from "../input.js"
import { filtering, paging, printList, queryOf } from "../lists.js"
import { agentId, nameArgument } from "../names.js"
import { printValue } from "../output.js"
import { record, sanitizeForTerminal } from "../table.js"

const members = {
  name: text("name", "The name in prompts and lists."),
  about: text("about", "Who the agent is and what it does."),
  instruction: texts("instruction", "What the agent must do in every reply."),
  model: text("model", "The model that answers."),
  ...metadata,
  ...data
}

const input = (
  given: {
    readonly [Name in Exclude<keyof typeof members, "instruction">]: Option.Option<string>
  } & { readonly instruction: ReadonlyArray<string> }
) =>
  Effect.flatMap(objectOf("--metadata", given.metadata), (metadata) =>
    inputOf(given.data, {
      name: given.name,
      about: given.about,
      instructions: given.instruction,
      model: given.model,
      metadata
    })
  )

const list = apiCommand({
  description: "Lists agents, the newest first.",
  example: "effect-julep agents list --limit 10",
  config: { ...paging, ...filtering },
  run: ({ agents }, options) =>
    Effect.flatMap(queryOf(options), (query) =>
      printList(options, agents.listAll(query), [
        { name: "id", value: ({ id }) => id },
        { name: "name", value: ({ name }) => name, cut: true },
        { name: "about", value: ({ about }) => about, cut: true, extra: true },
        { name: "model", value: ({ model }) => model, cut: true, extra: true },
        { name: "created", value: ({ created_at }) => created_at }
      ])
    )
})

const get = apiCommand({
  description: "Shows an agent.",
  example: "effect-julep agents get Ada",
  config: { agent: nameArgument("agent") },
  run: (julep, { agent, json }) =>
    Effect.flatMap(agentId(julep, agent), julep.agents.get).pipe(
      Effect.flatMap((found) => printValue({ json }, found, record))
    )
})

const create = apiCommand({
  description: "Creates an agent, and the default store if there is none.",
  example: `effect-julep agents create --name Ada --instruction "Be brief."
effect-julep agents create --data @ada.json`,
  creates: true,
  config: members,
  run: ({ agents }, { json, ...given }) =>
    Effect.gen(function* () {
      // The manager checks it.
      const created = yield* agents.create((yield* input(given)) as unknown as CreateAgent)
      yield* printValue({ json }, created, ({ id, name }) => `Created agent ${id} (${name}).`)
    })
})

const update = apiCommand({
  description: "Changes an agent. What is not given stays as it is; metadata is merged.",
  example: `effect-julep agents update Ada --about "Answers questions about refunds."`,
  config: {
    agent: nameArgument("agent"),
    ...members,
    replace: Options.boolean("replace").pipe(
      Options.withDescription("Replace the agent: what is not given returns to its default.")
    )
  },
  run: (julep, { agent, json, replace, ...given }) =>
    Effect.gen(function* () {
      const id = yield* agentId(julep, agent)
      const changes = yield* input(given)
      // The manager checks them.
      const updated = replace
        ? yield* julep.agents.update(id, changes as unknown as UpdateAgent, { overwrite: true })
        : yield* julep.agents.update(id, changes as PatchAgent)
      yield* printValue({ json }, updated, ({ id }) => `Updated agent ${id}.`)
    })
})

const ensure = apiCommand({
  description:
    "Creates the agent of a key of yours, or changes it to what is given, for scripts that run again. What is not given stays as it is; metadata is replaced.",
  example: `effect-julep agents ensure support --name Ada --instruction "Be brief."
effect-julep agents ensure support --data @support.json`,
  creates: true,
  config: { key: Args.text({ name: "key" }).pipe(Args.withDescription("Your key of the agent.")), ...members },
  run: ({ agents }, { json, key, ...given }) =>
    Effect.gen(function* () {
      // The manager checks it.
      const ensured = yield* agents.ensure(key, (yield* input(given)) as unknown as CreateAgent)
      yield* printValue(
        { json },
        ensured,
        ({ id, outcome }) => `The agent ${sanitizeForTerminal(key)} is ${id} (${outcome}).`
      )
    })
})

const remove = apiCommand({
  description: "Deletes agents, with their tools, docs, sessions and memories.",
  example: "effect-julep agents delete Ada",
  config: { agents: Args.atLeast(nameArgument("agent"), 1), ...yes },
  run: (julep, options) =>
    Effect.flatMap(
      Effect.forEach(options.agents, (agent) => agentId(julep, agent)),
      (ids) => deleteAll("agent", ids, options, julep.agents.delete)
    )
})

export const command = group({ list, get, create, ensure, update, delete: remove })
