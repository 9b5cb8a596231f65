/** The docs of an agent and of a user. */
import * as Reactivity from "@effect/experimental/Reactivity"
import { Atom } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type DocId, Docs, type JobId } from "effect-julep"
import { runtime } from "../../client.js"
import { sentenceOf } from "../../components/Failure.js"
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

/** What became of a file. */
export interface Added {
  readonly name: string
  /** Why it is not a doc. */
  readonly problem?: string | undefined
  /** The jobs that index it. */
  readonly jobs: ReadonlyArray<JobId>
}

const addFile = (owner: Owner, file: File) =>
  Effect.gen(function* () {
    const docs = yield* Docs
    const doc = yield* readFile(file)
    const { jobs } = yield* docs.create({ ...owner, doc })
    yield* Atom.set(started, { jobs, of: `the doc "${doc.title}"` })
    yield* Reactivity.invalidate(REACTIVITY)
    return jobs
  }).pipe(
    Effect.matchCause({
      onFailure: (cause): Added => ({ name: file.name, jobs: [], problem: sentenceOf(Cause.squash(cause)) }),
      onSuccess: (jobs): Added => ({ name: file.name, jobs })
    })
  )

/** What became of the files that were added to an owner last. It outlives the panel, which another tab takes away. */
export const added = Atom.family((_owner: Owner) => Atom.keepAlive(Atom.make<ReadonlyArray<Added>>([])))

/** Adds files to an owner as docs, one after the other, so that the newest doc is that of the last file. */
export const addFiles = Atom.family((owner: Owner) =>
  runtime
    .fn<ReadonlyArray<File>>()(
      (files) =>
        Effect.zipRight(
          Atom.set(added(owner), []),
          Effect.forEach(
            files,
            (file) => Effect.flatMap(addFile(owner, file), (one) => Atom.update(added(owner), (all) => [...all, one])),
            { discard: true }
          )
        ),
      // Files that are dropped while others are on their way do not take their place.
      { concurrent: true }
    )
    .pipe(Atom.keepAlive)
)

export const deleteDoc = runtime.fn(
  ({ doc_id, owner }: { readonly owner: Owner; readonly doc_id: DocId }) =>
    Effect.flatMap(Docs, (docs) => docs.delete({ ...owner, doc_id })),
  { reactivityKeys: REACTIVITY, concurrent: true }
)
