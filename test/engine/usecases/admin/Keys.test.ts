import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { Ids } from "../../../../src/engine/ports/Ids.js"
import { Storage } from "../../../../src/engine/ports/Storage.js"
import * as Keys from "../../../../src/engine/usecases/admin/Keys.js"
import { choose } from "../../../../src/layers/EngineStorage.js"
import { DeveloperId } from "../../../../src/schema/ApiKey.js"

const HOUR = 60 * 60 * 1000
const developer_id = DeveloperId.make("8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10")

const test = <A, E>(run: (keys: Keys.Keys, storage: Storage.Service) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    return yield* run(yield* Keys.make, yield* Storage)
  }).pipe(Effect.provide(Layer.merge(choose("memory"), Ids.layer)))

describe("keys", () => {
  it.effect("act for their developer; the store has their hash alone", () =>
    test((keys, storage) =>
      Effect.gen(function* () {
        const { key, ...created } = yield* keys.create({ name: "app", developer_id })
        expect(Redacted.value(key)).toMatch(/^jlp_[0-9A-Za-z]{52}$/)
        expect(JSON.stringify({ key, created })).not.toContain(Redacted.value(key))
        const found = Option.getOrThrow(yield* keys.verify(key))
        expect(found).toMatchObject({ id: created.id, name: "app", developer_id })
        const rows = yield* storage.keys.list
        expect(rows).toHaveLength(1)
        expect(JSON.stringify(rows)).not.toContain(Redacted.value(key).slice(4, 12))
      })
    )
  )

  it.effect("are of the nil developer unless the input names one", () =>
    test((keys) =>
      Effect.map(keys.create({ name: "app" }), ({ developer_id }) =>
        expect(developer_id).toBe("00000000-0000-0000-0000-000000000000")
      )
    )
  )

  it.effect("a text that cannot be a key is refused without asking the store", () =>
    test((keys, storage) =>
      Effect.gen(function* () {
        const { key } = yield* keys.create({ name: "app" })
        const text = Redacted.value(key)
        const mistyped = text.slice(0, 9) + (text[9] === "x" ? "y" : "x") + text.slice(10)
        for (const wrong of ["", "jlp_", "secret", mistyped, text.slice(0, -1), `${text}0`]) {
          expect(yield* keys.verify(Redacted.make(wrong)), wrong).toEqual(Option.none())
        }
        expect((yield* storage.keys.list)[0]?.used_at).toBeNull()
      })
    )
  )

  it.effect("are refused at once when they are revoked", () =>
    test((keys) =>
      Effect.gen(function* () {
        const { id, key } = yield* keys.create({ name: "app" })
        expect(Option.isSome(yield* keys.verify(key))).toBe(true)
        yield* keys.revoke(id)
        expect(yield* keys.verify(key)).toEqual(Option.none())
        expect((yield* keys.list)[0]?.revoked_at).toEqual(new Date(0))
        expect(yield* Effect.flip(keys.revoke(id))).toMatchObject({ _tag: "NotFound", resource: "key", id })
      })
    )
  )

  it.effect("are refused a second after another process has revoked them", () =>
    test((keys, storage) =>
      Effect.gen(function* () {
        const { id, key } = yield* keys.create({ name: "app" })
        expect(Option.isSome(yield* keys.verify(key))).toBe(true)
        yield* storage.keys.revoke(id, 1)
        yield* TestClock.adjust("1 second")
        expect(yield* keys.verify(key)).toEqual(Option.none())
      })
    )
  )

  it.effect("are refused from their expiry on", () =>
    test((keys) =>
      Effect.gen(function* () {
        const { key } = yield* keys.create({ name: "app", expires_at: new Date(500) })
        yield* TestClock.adjust(499)
        expect(Option.isSome(yield* keys.verify(key))).toBe(true)
        yield* TestClock.adjust(1)
        expect(yield* keys.verify(key)).toEqual(Option.none())
      })
    )
  )

  it.effect("note the hour of their last use", () =>
    test((keys, storage) =>
      Effect.gen(function* () {
        const { key } = yield* keys.create({ name: "app" })
        const used = Effect.map(storage.keys.list, ([row]) => row?.used_at)
        yield* TestClock.adjust(HOUR + 5)
        yield* keys.verify(key)
        expect(yield* used).toBe(HOUR)
        yield* TestClock.adjust(HOUR - 6)
        yield* keys.verify(key)
        expect(yield* used).toBe(HOUR)
        yield* TestClock.adjust(1)
        yield* keys.verify(key)
        expect(yield* used).toBe(2 * HOUR)
      })
    )
  )
})
