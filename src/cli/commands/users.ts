import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { CreateUser, PatchUser, UpdateUser } from "../../schema/User.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { data, inputOf, metadata, objectOf, text } from "../input.js"
import { filtering, paging, printList, queryOf } from "../lists.js"
import { nameArgument, userId } from "../names.js"
import { printValue } from "../output.js"
import { record } from "../table.js"

const members = {
  name: text("name", "The name in prompts and lists."),
  about: text("about", "Who the user is: chats with the user have it in their context."),
  ...metadata,
  ...data
}

const input = (given: { readonly [Name in keyof typeof members]: Option.Option<string> }) =>
  Effect.flatMap(objectOf("--metadata", given.metadata), (metadata) =>
    inputOf(given.data, { name: given.name, about: given.about, metadata })
  )

const list = apiCommand({
  description: "Lists users, the newest first.",
  example: `effect-julep users list --filter '{"team": "support"}'`,
  config: { ...paging, ...filtering },
  run: ({ users }, options) =>
    Effect.flatMap(queryOf(options), (query) =>
      printList(options, users.listAll(query), [
        { name: "id", value: ({ id }) => id },
        { name: "name", value: ({ name }) => name, cut: true },
        { name: "about", value: ({ about }) => about, cut: true, extra: true },
        { name: "created", value: ({ created_at }) => created_at }
      ])
    )
})

const get = apiCommand({
  description: "Shows a user.",
  example: "effect-julep users get Sam",
  config: { user: nameArgument("user") },
  run: (julep, { json, user }) =>
    Effect.flatMap(userId(julep, user), julep.users.get).pipe(
      Effect.flatMap((found) => printValue({ json }, found, record))
    )
})

const create = apiCommand({
  description: "Creates a user, and the default store if there is none.",
  example: `effect-julep users create --name Sam --about "Drinks tea."`,
  creates: true,
  config: members,
  run: ({ users }, { json, ...given }) =>
    Effect.gen(function* () {
      // The manager checks it.
      const created = yield* users.create((yield* input(given)) as CreateUser)
      yield* printValue({ json }, created, ({ id, name }) => `Created user ${id} (${name}).`)
    })
})

const update = apiCommand({
  description: "Changes a user. What is not given stays as it is; metadata is merged.",
  example: `effect-julep users update Sam --about "Drinks coffee."`,
  config: {
    user: nameArgument("user"),
    ...members,
    replace: Options.boolean("replace").pipe(
      Options.withDescription("Replace the user: what is not given returns to its default.")
    )
  },
  run: (julep, { json, replace, user, ...given }) =>
    Effect.gen(function* () {
      const id = yield* userId(julep, user)
      const changes = yield* input(given)
      // The manager checks them.
      const updated = replace
        ? yield* julep.users.update(id, changes as unknown as UpdateUser, { overwrite: true })
        : yield* julep.users.update(id, changes as PatchUser)
      yield* printValue({ json }, updated, ({ id }) => `Updated user ${id}.`)
    })
})

const remove = apiCommand({
  description: "Deletes users, with their docs, their sessions and the memories about them.",
  example: "effect-julep users delete Sam",
  config: { users: Args.atLeast(nameArgument("user"), 1), ...yes },
  run: (julep, options) =>
    Effect.flatMap(
      Effect.forEach(options.users, (user) => userId(julep, user)),
      (ids) => deleteAll("user", ids, options, julep.users.delete)
    )
})

export const command = group({ list, get, create, update, delete: remove })
