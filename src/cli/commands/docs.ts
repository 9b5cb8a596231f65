import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import type { DocId } from "../../schema/Doc.js"
import { apiCommand, deleteAll, yes } from "../api.js"
import { group } from "../command.js"
import { reportOmitted, summary } from "../documents/report.js"
import { CommandFailed } from "../exitCodes.js"
import { filtering, paging, printList, queryOf } from "../lists.js"
import { idArgument, owner, ownerOf } from "../names.js"
import { printValue } from "../output.js"
import { record } from "../table.js"

// The argument is a UUID.
const doc = idArgument("doc", "docs").pipe(Args.map((id) => id as DocId))

const list = apiCommand({
  description: "Lists the docs of an agent or a user, the newest first.",
  example: "effect-julep docs list --agent Ada",
  config: { ...owner, ...paging, ...filtering },
  run: (julep, options) =>
    Effect.gen(function* () {
      const docs = julep.docs.listAll(yield* ownerOf(julep, options), yield* queryOf(options))
      yield* printList(options, docs, [
        { name: "id", value: ({ id }) => id },
        { name: "title", value: ({ title }) => title, cut: true },
        { name: "key", value: ({ key }) => key, cut: true, extra: true },
        { name: "characters", value: ({ content }) => [content].flat().join("").length, extra: true },
        { name: "created", value: ({ created_at }) => created_at }
      ])
    })
})

const get = apiCommand({
  description: "Shows a doc of an agent or a user.",
  example: "effect-julep docs get 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --agent Ada",
  config: { doc, ...owner },
  run: (julep, { doc, json, ...options }) =>
    Effect.gen(function* () {
      const found = yield* julep.docs.get({ ...(yield* ownerOf(julep, options)), doc_id: doc })
      yield* printValue({ json }, found, ({ content, ...others }) =>
        record({ ...others, content: [content].flat().join("\n") })
      )
    })
})

const remove = apiCommand({
  description: "Deletes docs of an agent or a user.",
  example: "effect-julep docs delete 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70 --agent Ada",
  config: { docs: Args.atLeast(doc, 1), ...owner, ...yes },
  run: (julep, options) =>
    Effect.flatMap(ownerOf(julep, options), (of) =>
      deleteAll("doc", options.docs, options, (doc_id) => julep.docs.delete({ ...of, doc_id }))
    )
})

const add = apiCommand({
  description:
    "Adds files as docs of an agent or a user, or changes the docs they made before: Markdown, text, HTML, PDF, and folders of them. What is unchanged is not sent to the embedder again.",
  example: "effect-julep docs add handbook README.md --agent Ada",
  config: {
    paths: Args.atLeast(
      Args.text({ name: "path" }).pipe(Args.withDescription("A file, or a folder with all that is in it.")),
      1
    ),
    ...owner,
    prune: Options.boolean("prune").pipe(
      Options.withDescription(
        "Delete the docs of other files that were added before, of the same agent or user: files that are gone."
      )
    )
  },
  run: (julep, { json, paths, prune, ...options }) =>
    Effect.gen(function* () {
      const of = yield* ownerOf(julep, options)
      const { addDocs } = yield* Effect.promise(() => import("../documents/addDocs.js"))
      const added = yield* addDocs(julep, of, paths, { prune })
      yield* reportOmitted(added)
      yield* printValue({ json }, added, (added) => `${summary(added)}.`)
      if (added.failed.length > 0) {
        const kept = prune ? " Nothing was deleted." : ""
        return yield* new CommandFailed({ message: `${added.failed.length} failed; the others are added.${kept}` })
      }
    })
})

export const command = group({ add, list, get, delete: remove })
