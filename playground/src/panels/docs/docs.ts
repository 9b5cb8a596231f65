/** The docs of an agent and of a user. */
import { Atom } from "@effect-atom/atom-react"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type DocId, Docs } from "effect-julep"
import { runtime } from "../../client.js"
import { started } from "../../state/jobs.js"
import type { Selection } from "../../state/selection.js"
import { readFile } from "./readFile.js"

/** What changes when a doc is created or deleted. */
const REACTIVITY = ["docs"]

/** How many docs a page of the list has. */
export const PAGE = 50

/** An owner, equal to another with the same id, so that a family has one atom for it. */
export type Owner = Docs.Owner
export const ownerOf = (owner: Owner): Owner => Data.struct(owner)

/** The agent and the user of a selection. */
export const ownersOf = ({ agent, user }: Pick<Selection, "agent" | "user">): ReadonlyArray<Owner> => [
  ...(agent === undefined ? [] : [ownerOf({ agent_id: agent })]),
  ...(user === undefined ? [] : [ownerOf({ user_id: user })])
]

/** The docs of an owner, newest first, a page at a time. */
export const docsOf = Atom.family((owner: Owner) =>
  runtime
    .pull(Stream.unwrap(Effect.map(Docs, (docs) => docs.listAll(owner, { limit: PAGE }))))
    .pipe(Atom.withReactivity(REACTIVITY))
)

/** A search of an owner's docs, as a chat about the text would recall them. */
export class Search extends Data.Class<{ readonly owner: Owner; readonly query: string }> {}

export const passagesOf = Atom.family(({ owner, query }: Search) =>
  runtime
    .atom(Effect.flatMap(Docs, (docs) => docs.search(owner, query, { limit: 20 })))
    .pipe(Atom.withReactivity(REACTIVITY))
)

const titlesOf = Atom.family((selection: Pick<Selection, "agent" | "user">) =>
  runtime
    .atom(
      Effect.gen(function* () {
        const docs = yield* Docs
        const lists = yield* Effect.forEach(ownersOf(selection), (owner) => docs.list(owner, { limit: 1000 }))
        return new Map(lists.flat().map(({ id, title }): [string, string] => [id, title]))
      })
    )
    .pipe(Atom.withReactivity(REACTIVITY))
)

/** The titles of the docs that chats of a selection recall, by their ids. */
export const docTitles = ({ agent, user }: Selection) => titlesOf(Data.struct({ agent, user }))

/** Adds a file to an owner as a doc, and returns the jobs that index it. */
export const addFile = runtime.fn(
  ({ file, owner }: { readonly owner: Owner; readonly file: File }, get) =>
    Effect.gen(function* () {
      const docs = yield* Docs
      const doc = yield* readFile(file)
      const { jobs } = yield* docs.create({ ...owner, doc })
      get.set(started, { jobs, of: `the doc "${doc.title}"` })
      return jobs
    }),
  { reactivityKeys: REACTIVITY, concurrent: true }
)

export const deleteDoc = runtime.fn(
  ({ doc_id, owner }: { readonly owner: Owner; readonly doc_id: DocId }) =>
    Effect.flatMap(Docs, (docs) => docs.delete({ ...owner, doc_id })),
  { reactivityKeys: REACTIVITY, concurrent: true }
)
