import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { yieldToEventLoop } from "../../../../src/engine/ports/EventLoop.js"
import { type Owner, Storage } from "../../../../src/engine/ports/Storage.js"
import { passagesOfContent } from "../../../../src/engine/text/Passages.js"
import * as DocIndex from "../../../../src/engine/usecases/recall/DocIndex.js"
import { agentRow, alice, docRow, storeOn } from "../../storage/support/store.js"

type Content = string | ReadonlyArray<string>
const silent = () => Effect.void

const run = <A, E>(effect: Effect.Effect<A, E, Storage | Layer.Layer.Success<ReturnType<typeof storeOn>>>) =>
  Effect.provide(effect, storeOn())

/** An agent and its docs. Each has the first passages, as after its create. */
const scene = Effect.gen(function* () {
  const store = yield* Storage
  const agent = agentRow()
  const owner: Owner = { kind: "agent", id: agent.id }
  yield* store.agents.insert(alice, agent)
  const create = (content: Content, room = DocIndex.makeIndexingBudget()) =>
    Effect.suspend(() => {
      const doc = docRow(owner, { title: "Long", content })
      const { complete, first } = DocIndex.firstPassages(content, room)
      return Effect.as(store.docs.insert(alice, doc, first), { ...doc, complete })
    })
  const written = (id: string) =>
    Effect.map(store.vectors.passages(alice, id, 0, 1_000_000), (rows) =>
      rows.map(({ position, text }) => [position, text])
    )
  return { store, owner, create, written }
})

/** The index over a store whose every write of passages waits for an effect first. */
const indexAfter = (store: Storage.Service, before: Effect.Effect<void>) =>
  Effect.provideService(DocIndex.make, Storage, {
    ...store,
    docs: { ...store.docs, append: (...args) => Effect.zipRight(before, store.docs.append(...args)) }
  })

const whole = (content: Content) => [...passagesOfContent(content)].map((text, position) => [position, text])

const long = Array.from({ length: 2000 }, (_, index) => `Paragraph ${index} ${"of a long text ".repeat(8)}.`).join(
  "\n\n"
)

const content: fc.Arbitrary<Content> = fc.oneof(
  fc
    .array(
      fc.tuple(
        fc.constantFrom("# head\n\n", "a line\n", "word ", "字。", "```\ncode\n", "\n\n", "x", "| a |\n|---|\n| b |\n"),
        fc.integer({ min: 1, max: 4000 })
      ),
      { minLength: 1, maxLength: 4 }
    )
    .map((pieces) => pieces.map(([piece, times]) => piece.repeat(times)).join("")),
  fc
    .array(fc.string({ minLength: 1, maxLength: 3000 }), { minLength: 1, maxLength: 90 })
    .map((chunks) => chunks.map((chunk) => chunk.replaceAll("\0", "-")))
)

describe("the index of a long doc", () => {
  it.effect("has the first passages at once, and the rest when its job is done", () =>
    run(
      Effect.gen(function* () {
        const { create, written } = yield* scene
        const doc = yield* create(long)
        expect(doc.complete).toBe(false)
        const first = yield* written(doc.id)
        expect(first.length).toBeGreaterThan(10)
        expect(first).toEqual(whole(long).slice(0, first.length))
        const progress: Array<number> = []
        const index = yield* DocIndex.make
        expect(yield* index.complete(alice, doc.id, (percent) => Effect.sync(() => void progress.push(percent)))).toBe(
          true
        )
        expect(yield* written(doc.id)).toEqual(whole(long))
        expect(progress.length).toBeGreaterThan(5)
        expect(progress).toEqual([...new Set(progress)].sort((one, other) => one - other))
        expect(progress.at(-1)).toBe(99)
      })
    )
  )

  it.effect("of short docs is complete at once, as far as a request has room for them", () =>
    run(
      Effect.gen(function* () {
        const { create, written } = yield* scene
        const room = DocIndex.makeIndexingBudget()
        const short = "A sentence of a short doc. ".repeat(300)
        const docs = yield* Effect.replicateEffect(create(short, room), 8)
        expect(docs.map(({ complete }) => complete)).toEqual([true, true, true, true, true, false, false, false])
        expect(yield* written(docs[0]?.id ?? "")).toEqual(whole(short))
        expect(yield* written(docs[7]?.id ?? "")).toEqual([])
      })
    )
  )

  it.effect("is the same after any interruption, and however many work on it, as if it were written in one go", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(content, fc.nat({ max: 6 }), (content, batches) =>
          Effect.runPromise(
            run(
              Effect.gen(function* () {
                const { create, store, written } = yield* scene
                const { id } = yield* create(content)
                const left = yield* Ref.make(batches)
                const countDown = Effect.filterOrDie(
                  Ref.getAndUpdate(left, (n) => n - 1),
                  (n) => n > 0,
                  () => "killed"
                )
                const killed = yield* indexAfter(store, Effect.asVoid(countDown))
                yield* Effect.ignore(Effect.sandbox(killed.complete(alice, id, silent)))
                const [one, other] = [yield* DocIndex.make, yield* DocIndex.make]
                yield* Effect.all([one.complete(alice, id, silent), other.complete(alice, id, silent)], {
                  concurrency: "unbounded"
                })
                expect(yield* written(id)).toEqual(whole(content))
                expect(yield* one.complete(alice, id, silent)).toBe(true)
                expect(yield* written(id)).toEqual(whole(content))
              })
            )
          )
        ),
        { numRuns: 12, endOnFailure: true }
      )
    )
  )

  it.effect("is written in batches, between which others write", () =>
    run(
      Effect.gen(function* () {
        const { create, store } = yield* scene
        const docs = [yield* create(long), yield* create(long)]
        const order: Array<"batch" | "other"> = []
        const index = yield* indexAfter(
          store,
          Effect.sync(() => void order.push("batch"))
        )
        const others = Effect.forever(
          Effect.suspend(() => store.agents.insert(alice, agentRow())).pipe(
            Effect.zipRight(Effect.sync(() => void order.push("other"))),
            Effect.zipRight(yieldToEventLoop)
          )
        )
        const writing = yield* Effect.fork(others)
        yield* Effect.forEach(docs, ({ id }) => index.complete(alice, id, silent), { concurrency: "unbounded" })
        yield* Fiber.interrupt(writing)
        const text = order.join(" ")
        expect(text.match(/batch/g)?.length).toBeGreaterThan(20)
        // Two docs take turns.
        expect(text).not.toContain("batch batch")
      })
    )
  )

  it.effect("ends with its doc, its owner, or before it begins", () =>
    run(
      Effect.gen(function* () {
        const { create, owner, store, written } = yield* scene
        for (const remove of [
          (id: string) => store.docs.remove(alice, owner, id),
          () => store.agents.remove(alice, owner.id)
        ]) {
          const { id } = yield* create(long)
          const batches = yield* Ref.make(0)
          const third = Effect.flatMap(
            Ref.updateAndGet(batches, (n) => n + 1),
            (n) => (n === 3 ? Effect.orDie(remove(id)) : Effect.void)
          )
          const index = yield* indexAfter(store, Effect.asVoid(third))
          expect(yield* index.complete(alice, id, silent)).toBe(false)
          expect(yield* Ref.get(batches)).toBe(3)
          expect(yield* written(id)).toEqual([])
          expect(yield* index.complete(alice, id, silent)).toBe(false)
        }
      })
    )
  )
})
