/** What the operator does with a store: over the store, or over the server that has it open. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Admin } from "../layers/Admin.js"
import { layerFetch } from "../layers/Http.js"
import { JulepConfig } from "../layers/JulepConfig.js"
import type { ApiKey, ApiKeyId, CreateApiKeyInput, CreatedApiKey } from "../schema/ApiKey.js"
import { AdminApi } from "../schema/api/AdminApi.js"
import * as ApiClient from "../services/ApiClient.js"
import { ofAnyCall, ofGet, ofWrite } from "../services/errors.js"
import { checkExists, type Place, type Server, type Store, target } from "./Connection.js"
import { type Failure, UsageError } from "./exitCodes.js"
import type { Progress } from "./progress.js"

export interface Operator {
  readonly keys: {
    readonly create: (input: CreateApiKeyInput) => Effect.Effect<CreatedApiKey, Failure>
    readonly list: Effect.Effect<ReadonlyArray<ApiKey>, Failure>
    readonly revoke: (id: ApiKeyId) => Effect.Effect<void, Failure>
  }
  /** Copies the store to a new file, and returns where it is. */
  readonly backup: (file: string) => Effect.Effect<string, Failure>
  /**
   * Embeds all docs again, or only deletes their vectors, and returns the number of docs. A server uses its own embedder and
   * goes on with them in the background.
   */
  readonly reindex: (
    progress: Progress,
    withoutEmbedder: boolean
  ) => Effect.Effect<{ readonly docs: number; readonly done: boolean }, Failure>
}

/** Over a store, which each operation opens for itself. */
const overStore = (store: Store): Operator => {
  const storage = { file: store.file }
  const loaded = Effect.promise(() => import("../layers/StoreAdmin.js"))
  const withKeys = <A>(use: (keys: Admin.Service["keys"]) => Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
    Effect.flatMap(loaded, ({ Admin, layer }) =>
      Effect.flatMap(Admin, ({ keys }) => use(keys)).pipe(Effect.provide(layer(store.isDefault ? undefined : storage)))
    )
  return {
    keys: {
      create: (input) => withKeys(({ create }) => create(input)),
      list: withKeys(({ list }) => list),
      revoke: (id) => withKeys(({ revoke }) => revoke(id))
    },
    backup: (file) =>
      Effect.gen(function* () {
        const target = path.resolve(file)
        if (fs.existsSync(target)) {
          return yield* new UsageError({ message: `The file ${target} exists already. Name a new one.` })
        }
        yield* Effect.flatMap(loaded, ({ backUp }) => backUp(target, storage))
        return target
      }),
    reindex: (progress, without) =>
      Effect.gen(function* () {
        const { hasEmbedder, reindex } = yield* loaded
        if (!without && !(yield* hasEmbedder)) {
          const message =
            "There is no embedder: set DOCS_EMBEDDING_SERVICE_URL, or delete the vectors of all docs with --without-embedder."
          return yield* new UsageError({ message })
        }
        return { docs: yield* reindex(storage, without ? "none" : undefined, progress), done: true }
      })
  }
}

/** Over the server that has a store open, or over one that is named by its URL. */
const overServer = ({ key, pid, url }: Server): Effect.Effect<Operator, Failure> =>
  Effect.gen(function* () {
    const client = yield* ApiClient.group(
      AdminApi,
      { createKey: ofWrite, listKeys: ofAnyCall, revokeKey: ofGet, backup: ofWrite, reindex: ofWrite },
      "origin"
    )
    return {
      keys: {
        create: (payload: CreateApiKeyInput) => client.createKey({ payload }),
        list: Effect.map(client.listKeys({}), ({ items }) => items),
        revoke: (key_id: ApiKeyId) => Effect.asVoid(client.revokeKey({ path: { key_id } }))
      },
      // A server that was found by its store runs on this machine, elsewhere.
      backup: (file: string) =>
        Effect.map(
          client.backup({ payload: { file: pid === undefined ? file : path.resolve(file) } }),
          (written) => written.file
        ),
      reindex: () => Effect.map(client.reindex({}), ({ docs }) => ({ docs, done: false }))
    }
  }).pipe(Effect.provide(Layer.merge(layerFetch, JulepConfig.layer({ baseUrl: url, apiKey: key }))))

/** What the options name, for its operator. `creates`: whether a store that is not there is created. */
export const operator = (given: Place, { creates }: { readonly creates: boolean }): Effect.Effect<Operator, Failure> =>
  Effect.flatMap(target(given), (to) =>
    to._tag === "Server" ? overServer(to) : Effect.as(checkExists(to, creates), overStore(to))
  )
