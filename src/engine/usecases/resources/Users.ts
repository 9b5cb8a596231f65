/** The use cases of users, which answer the calls of the manager in `services/Users.ts`. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { FilteredCursorPage } from "../../../schema/api/Query.js"
import type { CreateUser, PatchUser, UpdateUser, User, UserId } from "../../../schema/User.js"
import { Ids } from "../../ports/Ids.js"
import { Storage, type UserRow } from "../../ports/Storage.js"
import { found } from "../Failure.js"
import type { make as makeDocs } from "./Docs.js"
import { trimmedFirst } from "./Histories.js"
import { checkCounts, checkName } from "./Limits.js"
import { checkMetadata, mergeMetadata } from "./Metadata.js"
import { filtered } from "./Paging.js"
import { created, deleted, updated } from "./Receipts.js"

const userId = Brand.nominal<UserId>()

const toUser = (row: UserRow): Required<User> => ({
  id: userId(row.id),
  name: row.name,
  about: row.about,
  metadata: row.metadata,
  created_at: new Date(row.created_at),
  updated_at: new Date(row.updated_at)
})

/** Users. */
export const make = (docs: Effect.Effect.Success<typeof makeDocs>) =>
  Effect.gen(function* () {
    const storage = yield* Storage
    const ids = yield* Ids
    const get = (developer: string, id: UserId) => found("user", id)(storage.users.get(developer, id))

    const change = Effect.fnUntraced(function* (
      developer: string,
      id: UserId,
      next: (row: UserRow) => Partial<UserRow>
    ) {
      const row = yield* found("user", id)(storage.users.getForUpdate(developer, id))
      const at = yield* Clock.currentTimeMillis
      const changed = { ...row, ...next(row), updated_at: at }
      yield* checkName(changed.name)
      yield* checkMetadata(changed.metadata)
      yield* storage.users.update(developer, changed)
      return updated(id, at)
    }, storage.transaction)

    return {
      create: Effect.fnUntraced(function* (developer: string, input: CreateUser) {
        yield* checkName(input.name)
        yield* checkCounts(input)
        yield* checkMetadata(input.metadata)
        const id = yield* ids.next
        const at = yield* Clock.currentTimeMillis
        yield* storage.users.insert(developer, {
          id,
          name: input.name ?? "User",
          about: input.about ?? "",
          metadata: { ...input.metadata },
          created_at: at,
          updated_at: at
        })
        const jobs = yield* docs.insertAll(developer, { kind: "user", id }, input.docs ?? [], at)
        return created(userId(id), at, jobs)
      }, storage.transaction),
      get: (developer: string, id: UserId) => Effect.map(get(developer, id), toUser),
      list: (developer: string, query: FilteredCursorPage) =>
        filtered("users", query, toUser, (page) => storage.users.list(developer, page)),
      update: (developer: string, id: UserId, input: UpdateUser) =>
        change(developer, id, () => ({ name: input.name, about: input.about, metadata: { ...input.metadata } })),
      patch: (developer: string, id: UserId, input: PatchUser) =>
        change(developer, id, (row) => ({
          name: input.name ?? row.name,
          about: input.about ?? row.about,
          metadata: input.metadata === undefined ? row.metadata : mergeMetadata(row.metadata, input.metadata)
        })),
      /** A user that does not exist is deleted, as in v0.3. */
      remove: (developer: string, id: UserId) =>
        storage.users
          .remove(developer, id)
          .pipe(trimmedFirst(storage, developer, { kind: "user", id }), Effect.zipRight(deleted(id)))
    }
  })
