/** The keys of a server: who may ask it, and for which developer. */
import * as Brand from "effect/Brand"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { ApiKey, ApiKeyId, CreateApiKeyInput, CreatedApiKey, DeveloperId } from "../../../schema/ApiKey.js"
import type { NotFound } from "../../../schema/Errors.js"
import { NIL_DEVELOPER } from "../../../schema/Field.js"
import { Ids } from "../../ports/Ids.js"
import { type ApiKeyRow, Storage, type StorageError } from "../../ports/Storage.js"
import { Bounded } from "../../text/Bounded.js"
import { orNotFound } from "../Failure.js"
import { sha256Hex } from "../Idempotency.js"
import * as Secret from "./Secret.js"

export interface Keys {
  /** Makes a key. The store has only its hash: the result is the one that shows it. */
  readonly create: (input: CreateApiKeyInput) => Effect.Effect<CreatedApiKey, StorageError>
  /** All keys, also those that are revoked or expired, the newest first. */
  readonly list: Effect.Effect<ReadonlyArray<ApiKey>, StorageError>
  /** Revokes a key: requests with it are refused within a second. `NotFound` if there is no such key that is not revoked. */
  readonly revoke: (id: ApiKeyId) => Effect.Effect<void, StorageError | NotFound>
  /** The key with this text, if it is neither revoked nor expired. Notes its use. */
  readonly verify: (text: Redacted.Redacted) => Effect.Effect<Option.Option<ApiKey>, StorageError>
}

/** How long, in milliseconds, a key that was read is taken to be as it was: another process may have revoked it. */
const CACHE_TTL = 1000

/** How exact, in milliseconds, the time of the last use is: a key in use is written once an hour. */
const HOUR = Duration.toMillis("1 hour")

/** How many keys are remembered between requests. */
const CACHE_SIZE = 1000

const keyId = Brand.nominal<ApiKeyId>()
const developerId = Brand.nominal<DeveloperId>()

const toKey = (row: ApiKeyRow): ApiKey => ({
  id: keyId(row.id),
  name: row.name,
  developer_id: developerId(row.developer_id),
  created_at: new Date(row.created_at),
  ...(row.used_at === null ? {} : { used_at: new Date(row.used_at) }),
  ...(row.expires_at === null ? {} : { expires_at: new Date(row.expires_at) }),
  ...(row.revoked_at === null ? {} : { revoked_at: new Date(row.revoked_at) })
})

const hashOf = (key: Redacted.Redacted) => sha256Hex(Redacted.value(key))

/** The keys of the store. */
export const make: Effect.Effect<Keys, never, Storage | Ids> = Effect.gen(function* () {
  const { keys } = yield* Storage
  const ids = yield* Ids
  const remembered = new Bounded<string, { readonly row: Option.Option<ApiKeyRow>; readonly at: number }>(CACHE_SIZE)

  const read = (hash: string, now: number) => {
    const known = remembered.get(hash)
    if (known !== undefined && now - known.at < CACHE_TTL) return Effect.succeed(known.row)
    return Effect.tap(keys.byHash(hash), (row) => Effect.sync(() => remembered.set(hash, { row, at: now })))
  }

  const used = (row: ApiKeyRow, hash: string, now: number) => {
    const hour = now - (now % HOUR)
    if (row.used_at !== null && row.used_at >= hour) return Effect.void
    remembered.set(hash, { row: Option.some({ ...row, used_at: hour }), at: now })
    return keys.use(row.id, hour)
  }

  return {
    create: ({ developer_id = NIL_DEVELOPER, expires_at, name }) =>
      Effect.gen(function* () {
        const key = Redacted.make(yield* Secret.make)
        const row: ApiKeyRow = {
          id: yield* ids.next,
          hash: yield* hashOf(key),
          developer_id,
          name,
          created_at: yield* Clock.currentTimeMillis,
          used_at: null,
          expires_at: expires_at?.getTime() ?? null,
          revoked_at: null
        }
        yield* keys.insert(row)
        return { ...toKey(row), key }
      }),
    list: Effect.map(keys.list, (rows) => rows.map(toKey)),
    revoke: (id) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => orNotFound("key", id)(keys.revoke(id, now))).pipe(
        Effect.zipLeft(Effect.sync(() => remembered.clear()))
      ),
    verify: (key) =>
      Effect.gen(function* () {
        if (!Secret.isKey(Redacted.value(key))) return Option.none()
        const hash = yield* hashOf(key)
        const now = yield* Clock.currentTimeMillis
        const valid = Option.filter(
          yield* read(hash, now),
          ({ expires_at, revoked_at }) => revoked_at === null && (expires_at === null || now < expires_at)
        )
        if (Option.isSome(valid)) yield* used(valid.value, hash, now)
        return Option.map(valid, toKey)
      })
  }
})
