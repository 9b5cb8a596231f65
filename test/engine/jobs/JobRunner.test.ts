import { describe, expect, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { JobHandlers } from "../../../src/engine/jobs/JobHandlers.js"
import { JobRunner } from "../../../src/engine/jobs/JobRunner.js"
import { ModelError } from "../../../src/engine/ports/Model.js"
import { JobQueue } from "../../../src/engine/usecases/JobQueue.js"
import { EmbedderUnavailable } from "../../../src/engine/usecases/recall/EmbedQueue.js"
import { recordingTracer } from "../../support/tracer.js"
import { attemptsOf, failing, type JobStore, makeStore, pending, queueOn, settled, states } from "./support/jobStore.js"

/** A runner for as long as the test's scope lives, and its queue. */
const runnerOn = (store: JobStore, options: JobRunner.Options = {}) =>
  Layer.provideMerge(JobRunner.layerWith(options), queueOn(store))

const started = (store: JobStore, options: JobRunner.Options = {}) =>
  Effect.zipRight(Effect.asVoid(Layer.build(runnerOn(store, options))), settled)

/** Work that reports its start, and ends when the test lets it. */
const latched = Effect.map(Effect.all([Deferred.make<void>(), Deferred.make<void>()]), ([begun, go]) => ({
  begun: Deferred.await(begun),
  go: Deferred.succeed(go, undefined),
  work: Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(go))
}))

/** A runner that was idle when a commit left a job, and the scope that it closes with. */
const idleThenJob = Effect.fnUntraced(function* (store: JobStore) {
  const scope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(runnerOn(store), scope)
  yield* settled
  yield* Effect.provide(
    Effect.flatMap(JobQueue, (queue) => queue.add("d", { name: "note_facts", payload: {} })),
    context
  )
  return scope
})

describe("JobRunner", () => {
  it.scoped("runs what it finds at the start, the oldest first, at once", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b"), pending("done", { state: "succeeded", due_at: undefined })])
      yield* started(store)
      expect(store.attempts).toEqual([
        ["a", 0],
        ["b", 0]
      ])
      expect(store.rows.get("a")).toMatchObject({ state: "succeeded", progress: 100, attempts: 1, updated_at: 0 })
      expect(store.rows.get("a")?.reason).not.toBe("")
    })
  )

  it.scoped("is woken by the commit that leaves work, before any time passes", () =>
    Effect.gen(function* () {
      const store = makeStore()
      const context = yield* Layer.build(runnerOn(store))
      yield* settled
      const id = yield* Effect.provide(
        Effect.flatMap(JobQueue, (queue) => queue.add("d", { name: "index_doc", payload: { doc_id: "1" } })),
        context
      )
      expect(id).toBe("job-1")
      yield* settled
      expect(states(store)).toEqual({ "job-1": "succeeded" })
      expect(store.rows.get("job-1")).toMatchObject({ payload: { doc_id: "1" }, developer_id: "d" })
    })
  )

  it.effect("leaves the jobs of a program that ends at once", () =>
    Effect.gen(function* () {
      const store = makeStore()
      const scope = yield* idleThenJob(store)
      yield* Scope.close(scope, Exit.void)
      expect(states(store)).toEqual({ "job-1": "pending" })
    })
  )

  it.effect("finishes the jobs of a program that goes on", () =>
    Effect.gen(function* () {
      const store = makeStore()
      const { begun, go, work } = yield* latched
      store.work = () => work
      const scope = yield* idleThenJob(store)
      yield* settled
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* begun
      yield* go
      yield* Fiber.join(closing)
      expect(states(store)).toEqual({ "job-1": "succeeded" })
    })
  )

  it.scoped("a job whose handler throws fails, and leaves no lease that is renewed", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      let renewals = 0
      store.renewing = Effect.sync(() => {
        renewals++
      })
      const handlers = Layer.succeed(JobHandlers, {
        index_doc: () => {
          throw new Error("a bug")
        }
      })
      yield* Layer.build(Layer.provide(JobRunner.layer, Layer.merge(queueOn(store), handlers)))
      yield* settled
      expect(store.rows.get("a")).toMatchObject({
        state: "failed",
        attempts: 1,
        reason: expect.stringContaining("bug")
      })
      yield* TestClock.adjust("20 minutes")
      expect(renewals).toBe(0)
    })
  )

  it.scoped("tries again after 1, 2, 4 seconds, reports the reason meanwhile, and succeeds when the work does", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      store.work = ({ attempts }) => (attempts < 4 ? Effect.fail(failing) : Effect.void)
      yield* started(store)
      expect(store.rows.get("a")).toMatchObject({ state: "retrying", reason: "the disk is full", due_at: 1000 })
      yield* TestClock.adjust("999 millis")
      expect(attemptsOf(store, "a")).toEqual([0])
      yield* TestClock.adjust("1 millis")
      expect(attemptsOf(store, "a")).toEqual([0, 1000])
      yield* TestClock.adjust("1 minute")
      expect(attemptsOf(store, "a")).toEqual([0, 1000, 3000, 7000])
      expect(store.rows.get("a")).toMatchObject({ state: "succeeded", progress: 100 })
    })
  )

  it.scoped("gives up after five attempts, with the reason, and goes on with other jobs", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b")])
      store.work = ({ id }) => (id === "a" ? Effect.fail(failing) : Effect.void)
      yield* started(store)
      expect(states(store)).toEqual({ a: "retrying", b: "succeeded" })
      yield* TestClock.adjust("1 hour")
      expect(attemptsOf(store, "a")).toEqual([0, 1000, 3000, 7000, 15_000])
      expect(store.rows.get("a")).toMatchObject({ state: "failed", reason: "the disk is full", progress: 0 })
    })
  )

  it.scoped("waits as long as an endpoint asks for", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { name: "note_facts" })])
      const busy = new ModelError({ reason: "rate_limited", message: "too many requests", retryAfter: 90 })
      store.work = ({ attempts }) => (attempts < 2 ? Effect.fail(busy) : Effect.void)
      yield* started(store)
      yield* TestClock.adjust("1 hour")
      expect(attemptsOf(store, "a")).toEqual([0, 90_000])
      expect(states(store)).toEqual({ a: "succeeded" })
    })
  )

  it.scoped("waits for an embedder that fails for an hour, and goes on as if nothing had happened", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b", { name: "note_facts" })])
      const hour = 3_600_000
      store.work = ({ name }) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          name === "index_doc" && now < hour
            ? new EmbedderUnavailable({ message: "it is down", retryAfter: 300 })
            : Effect.void
        )
      yield* started(store)
      expect(store.rows.get("a")).toMatchObject({
        state: "retrying",
        reason: "it is down",
        attempts: 0,
        due_at: 300_000
      })
      expect(states(store)).toEqual({ a: "retrying", b: "succeeded" })
      yield* TestClock.adjust("1 hour")
      expect(attemptsOf(store, "a")).toHaveLength(13)
      expect(store.rows.get("a")).toMatchObject({ state: "succeeded", attempts: 1 })
    })
  )

  it.scoped("asks an embedder that has failed for a day once a day, and never gives up", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { created_at: -1e9 })])
      store.work = () => new EmbedderUnavailable({ message: "it is down", retryAfter: 3600 })
      yield* started(store)
      yield* TestClock.adjust("23 hours")
      expect(attemptsOf(store, "a")).toHaveLength(24)
      yield* TestClock.adjust("73 hours")
      expect(attemptsOf(store, "a").slice(24)).toEqual([24, 48, 72, 96].map((hours) => hours * 3_600_000))
      expect(store.rows.get("a")).toMatchObject({ state: "retrying", reason: "it is down", attempts: 0 })
    })
  )

  it.scoped("a runner that does not wait asks an embedder that fails as often as anything else", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      store.work = () => new EmbedderUnavailable({ message: "it is down", retryAfter: 1 })
      yield* started(store, { waits: false })
      yield* TestClock.adjust("1 hour")
      expect(attemptsOf(store, "a")).toHaveLength(5)
      expect(states(store)).toEqual({ a: "failed" })
    })
  )

  it.effect("with an embedder runs many jobs of docs at a time, and on close waits half a second for them", () =>
    Effect.gen(function* () {
      const docs = Array.from({ length: 300 }, (_, index) => pending(`doc ${index}`))
      const facts = Array.from({ length: 9 }, (_, index) => pending(`facts ${index}`, { name: "note_facts" }))
      const store = makeStore([...docs, ...facts])
      const { go, work } = yield* latched
      store.work = ({ name }) => (name === "index_doc" ? Effect.never : work)
      const scope = yield* Scope.make()
      yield* Scope.extend(started(store, { embeds: true }), scope)
      while (Object.values(states(store)).filter((state) => state === "in_progress").length < 256 + 4) yield* settled
      yield* settled
      const running = [...store.rows.values()].filter(({ state }) => state === "in_progress")
      expect(running.filter(({ name }) => name === "index_doc")).toHaveLength(256)
      expect(running.filter(({ name }) => name === "note_facts")).toHaveLength(4)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("500 millis")
      expect(new Set(running.map(({ id, name }) => `${name} ${states(store)[id]}`))).toEqual(
        new Set(["index_doc retrying", "note_facts in_progress"])
      )
      // However often an engine closes, a long doc is embedded in the end.
      expect(new Set(docs.map(({ id }) => store.rows.get(id)?.attempts))).toEqual(new Set([0]))
      yield* go
      yield* Fiber.join(closing)
    })
  )

  it.scoped("with an embedder runs the jobs of what was said beside a flood of docs that came before", () =>
    Effect.gen(function* () {
      const docs = Array.from({ length: 300 }, (_, index) => pending(`doc ${index}`))
      const store = makeStore([...docs, pending("said", { name: "embed_messages" })])
      const { go, work } = yield* latched
      store.work = ({ name }) => (name === "index_doc" ? work : Effect.void)
      yield* started(store, { embeds: true })
      while (Object.values(states(store)).filter((state) => state === "in_progress").length < 256) yield* settled
      yield* settled
      expect(states(store)["said"]).toBe("succeeded")
      yield* go
    })
  )

  it.scoped("leaves a job that it has no handler for, and waits without polling for it", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { name: "toString" }), pending("b", { name: "fly" }), pending("c")])
      yield* started(store)
      expect(states(store)).toEqual({ a: "pending", b: "pending", c: "succeeded" })
      expect(store.attempts).toEqual([["c", 0]])
      // The runner sleeps: due jobs of other names do not wake it.
      const looks = store.looks
      yield* settled
      expect(store.looks).toBe(looks)
    })
  )

  it.scoped("claims a job whose holder died when its lease runs out, and no sooner", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { state: "in_progress", attempts: 1, due_at: 60_000 })])
      yield* started(store)
      yield* TestClock.adjust("59999 millis")
      expect(store.attempts).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(store.attempts).toEqual([["a", 60_000]])
      expect(states(store)).toEqual({ a: "succeeded" })
    })
  )

  it.scoped("looks for the jobs that other processes leave", () =>
    Effect.gen(function* () {
      const store = makeStore()
      store.wait = Effect.sleep("1 second")
      yield* started(store)
      store.rows.set("a", pending("a"))
      yield* settled
      expect(store.attempts).toEqual([])
      yield* TestClock.adjust("1 second")
      expect(store.attempts).toEqual([["a", 1000]])
    })
  )

  it.scoped("holds a lease of a minute on the running job, and renews it while the job runs", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      const { begun, go, work } = yield* latched
      store.work = () => work
      const scope = yield* Effect.scope
      yield* TestClock.adjust("5 seconds")
      yield* Scope.extend(started(store), scope)
      yield* begun
      expect(store.rows.get("a")).toMatchObject({ state: "in_progress", due_at: 65_000, attempts: 1 })
      yield* Scope.extend(started(store), scope)
      yield* TestClock.adjust("1 hour")
      expect(store.attempts).toEqual([["a", 5000]])
      expect(store.rows.get("a")).toMatchObject({ state: "in_progress", due_at: 3_665_000, attempts: 1 })
      yield* go
      yield* settled
      expect(store.rows.get("a")).toMatchObject({ state: "succeeded", due_at: undefined, attempts: 1 })
      yield* TestClock.adjust("1 hour")
      expect(store.attempts).toHaveLength(1)
    })
  )

  it.scoped("keeps the lease of a running job although renewals fail, or get no answer", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      const { begun, go, work } = yield* latched
      store.work = () => work
      yield* started(store)
      yield* begun
      for (const renewing of [Effect.fail(failing), Effect.never]) {
        store.renewing = renewing
        yield* TestClock.adjust("35 seconds")
        store.renewing = Effect.void
        yield* TestClock.adjust("20 seconds")
        const now = yield* Clock.currentTimeMillis
        expect(store.rows.get("a")?.due_at).toBeGreaterThan(now)
      }
      yield* Layer.build(runnerOn(store))
      yield* settled
      expect(store.attempts).toHaveLength(1)
      yield* go
      yield* settled
      expect(states(store)).toEqual({ a: "succeeded" })
    })
  )

  it.scoped("a runner that lost its lease changes neither the outcome of the job nor the new lease", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      const { begun, go, work } = yield* latched
      const second = yield* latched
      store.work = ({ attempts }) => (attempts === 1 ? Effect.zipRight(work, Effect.fail(failing)) : second.work)
      yield* started(store)
      yield* begun
      // As after a suspended process: its lease has run out without being renewed.
      store.rows.set("a", { ...pending("a"), ...store.rows.get("a"), due_at: 1 })
      yield* Layer.build(runnerOn(store))
      yield* TestClock.adjust("1 second")
      expect(store.attempts).toHaveLength(2)
      yield* go
      yield* TestClock.adjust("19 seconds")
      expect(store.rows.get("a")).toMatchObject({ state: "in_progress", attempts: 2, due_at: 60_001 })
      // It renews every 20 seconds, and only for the attempt that holds the lease.
      yield* TestClock.adjust("1 second")
      expect(store.rows.get("a")).toMatchObject({ state: "in_progress", attempts: 2, due_at: 80_001 })
      yield* second.go
    })
  )

  it.scoped("reports the progress of a job", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b")])
      const { begun, go, work } = yield* latched
      store.work = ({ id }, report) =>
        id === "a" ? Effect.zipRight(report(40), work) : Effect.zipRight(report(70), Effect.fail(failing))
      yield* started(store)
      yield* begun
      expect(store.rows.get("a")).toMatchObject({ state: "in_progress", progress: 40, due_at: 60_000 })
      yield* go
      yield* settled
      expect(store.rows.get("a")).toMatchObject({ state: "succeeded", progress: 100 })
      expect(store.rows.get("b")).toMatchObject({ state: "retrying", progress: 70 })
    })
  )

  it.scoped("gives up a job whose every attempt ended with its process", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { state: "in_progress", attempts: 5 }), pending("b")])
      yield* started(store)
      expect(states(store)).toEqual({ a: "failed", b: "succeeded" })
      expect(store.rows.get("a")?.reason).toContain("process ended")
    })
  )

  it.effect("on close it finishes the running job and leaves the rest for the next start", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b")])
      const { begun, go, work } = yield* latched
      store.work = () => work
      const scope = yield* Scope.make()
      yield* Scope.extend(started(store, { concurrency: 1 }), scope)
      yield* begun
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* settled
      expect(closing.unsafePoll()).toBe(null)
      expect(states(store)).toEqual({ a: "in_progress", b: "pending" })
      yield* go
      yield* Fiber.join(closing)
      expect(states(store)).toEqual({ a: "succeeded", b: "pending" })
      yield* Effect.scoped(started(store))
      expect(states(store)).toEqual({ a: "succeeded", b: "succeeded" })
    })
  )

  it.effect("on close with a grace, a job that takes longer is left for the next start", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b")])
      const { begun, work } = yield* latched
      store.work = () => work
      const scope = yield* Scope.make()
      const graceful = Layer.provideMerge(JobRunner.layerWith({ concurrency: 1, grace: "1 second" }), queueOn(store))
      yield* Scope.extend(Layer.build(graceful), scope)
      yield* begun
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("999 millis")
      expect(closing.unsafePoll()).toBe(null)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
      expect(states(store)).toEqual({ a: "retrying", b: "pending" })
      expect(store.rows.get("a")?.reason).toContain("closed")
      store.work = () => Effect.void
      yield* Effect.scoped(started(store))
      expect(states(store)).toEqual({ a: "succeeded", b: "succeeded" })
    })
  )

  it.scoped("runs several jobs at a time, and another one when one of them ends", () =>
    Effect.gen(function* () {
      const store = makeStore(["a", "b", "c"].map((id) => pending(id)))
      const [held, second] = [yield* latched, yield* latched]
      store.work = ({ id }) => (id === "b" ? second.work : held.work)
      yield* started(store, { concurrency: 2 })
      expect(states(store)).toEqual({ a: "in_progress", b: "in_progress", c: "pending" })
      yield* second.go
      yield* settled
      expect(states(store)).toEqual({ a: "in_progress", b: "succeeded", c: "in_progress" })
      yield* held.go
    })
  )

  it.scoped(
    "fault: an endpoint that hangs holds neither the jobs of the other endpoint nor those of other sessions",
    () =>
      Effect.gen(function* () {
        const store = makeStore([
          pending("facts 1", { name: "note_facts", lane: "first" }),
          pending("doc 1"),
          pending("doc 2"),
          pending("facts 2", { name: "note_facts", lane: "first" }),
          pending("facts 3", { name: "note_facts", lane: "second" })
        ])
        const { begun, go, work } = yield* latched
        store.work = ({ id }) => (id === "facts 1" || id === "doc 1" ? work : Effect.void)
        yield* started(store, { concurrency: 2 })
        yield* begun
        expect(states(store)).toEqual({
          "facts 1": "in_progress",
          "doc 1": "in_progress",
          "doc 2": "succeeded",
          "facts 2": "pending",
          "facts 3": "succeeded"
        })
        yield* go
      })
  )

  it.scoped("runs the jobs of a session in order, even where one of them is retried", () =>
    Effect.gen(function* () {
      const store = makeStore([
        pending("facts", { name: "note_facts", lane: "session" }),
        pending("summary", { name: "summarize_session", lane: "session" })
      ])
      store.work = ({ attempts, id }) => (id === "facts" && attempts < 3 ? Effect.fail(failing) : Effect.void)
      yield* started(store)
      yield* TestClock.adjust("2 seconds")
      expect(states(store)).toEqual({ facts: "retrying", summary: "pending" })
      yield* TestClock.adjust("1 second")
      expect(states(store)).toEqual({ facts: "succeeded", summary: "succeeded" })
      expect(store.attempts.map(([id]) => id)).toEqual(["facts", "facts", "facts", "summary"])
      // Waiting for an earlier job is not polling.
      expect(store.looks).toBeLessThan(20)
    })
  )

  it.effect("on close it waits for every running job", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b", { name: "note_facts" })])
      const { begun, go, work } = yield* latched
      store.work = () => work
      const scope = yield* Scope.make()
      yield* Scope.extend(started(store), scope)
      yield* begun
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* settled
      expect(closing.unsafePoll()).toBe(null)
      yield* go
      yield* Fiber.join(closing)
      expect(states(store)).toEqual({ a: "succeeded", b: "succeeded" })
    })
  )

  it.scoped("two runners on one store claim each job once", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 20 }, (_, index) => `job ${index}`)
      const store = makeStore(ids.map((id) => pending(id)))
      store.work = () => Effect.yieldNow()
      yield* Effect.all([started(store), started(store)], { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      expect(store.attempts.map(([id]) => id).toSorted()).toEqual(ids.toSorted())
      expect(new Set(Object.values(states(store)))).toEqual(new Set(["succeeded"]))
    })
  )

  it.scoped("pauses while the store fails, and goes on when it works again", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a")])
      store.broken = true
      yield* started(store)
      yield* TestClock.adjust("10 seconds")
      expect(store.attempts).toEqual([])
      store.broken = false
      yield* TestClock.adjust("1 second")
      expect(states(store)).toEqual({ a: "succeeded" })
    })
  )

  it.scoped("a defect in one job does not end the runner", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a"), pending("b")])
      store.work = ({ id }) => (id === "a" ? Effect.dieMessage("a bug") : Effect.void)
      yield* started(store)
      yield* TestClock.adjust("1 hour")
      expect(states(store)).toEqual({ a: "failed", b: "succeeded" })
    })
  )

  it.scoped("drains the due jobs on demand, before it returns, and leaves the others", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("later", { state: "retrying", due_at: 5000 })])
      const context = yield* Layer.build(runnerOn(store))
      yield* settled
      store.rows.set("a", pending("a"))
      store.rows.set("b", pending("b"))
      yield* Effect.provide(
        Effect.flatMap(JobRunner, ({ drain }) => drain),
        context
      )
      expect(states(store)).toEqual({ later: "retrying", a: "succeeded", b: "succeeded" })
    })
  )

  it.scoped("a caller that is interrupted while it drains waits for the job that runs, and begins no other", () =>
    Effect.gen(function* () {
      const store = makeStore()
      const { begun, go, work } = yield* latched
      store.work = () => work
      const context = yield* Layer.build(runnerOn(store))
      yield* settled
      store.rows.set("a", pending("a"))
      store.rows.set("b", pending("b"))
      const draining = yield* Effect.fork(
        Effect.provide(
          Effect.flatMap(JobRunner, ({ drain }) => drain),
          context
        )
      )
      yield* begun
      const interrupting = yield* Effect.fork(Fiber.interrupt(draining))
      yield* settled
      expect(interrupting.unsafePoll()).toBeNull()
      yield* go
      yield* Fiber.join(interrupting)
      expect(states(store)).toEqual({ a: "succeeded", b: "pending" })
    })
  )

  it.scoped("finishes the jobs on demand, with the attempts that fall due later", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("fails"), pending("recovers"), pending("other", { name: "fly" })])
      store.work = ({ attempts, id }) => (id === "fails" || attempts < 3 ? Effect.fail(failing) : Effect.void)
      const context = yield* Layer.build(runnerOn(store))
      const finishing = yield* Effect.fork(
        Effect.provide(
          Effect.flatMap(JobRunner, ({ finish }) => finish),
          context
        )
      )
      yield* TestClock.adjust("14 seconds")
      expect(states(store)).toEqual({ fails: "retrying", recovers: "succeeded", other: "pending" })
      expect(finishing.unsafePoll()).toBe(null)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(finishing)
      expect(states(store)).toEqual({ fails: "failed", recovers: "succeeded", other: "pending" })
      expect(attemptsOf(store, "fails")).toHaveLength(5)
    })
  )

  it.scoped("draining waits for the jobs that run already, and runs those of their lane", () =>
    Effect.gen(function* () {
      const store = makeStore([pending("a", { lane: "l" }), pending("b", { lane: "l" })])
      const { begun, go, work } = yield* latched
      store.work = ({ id }) => (id === "a" ? work : Effect.void)
      const context = yield* Layer.build(runnerOn(store))
      yield* begun
      const draining = yield* Effect.fork(
        Effect.provide(
          Effect.flatMap(JobRunner, ({ drain }) => drain),
          context
        )
      )
      yield* settled
      expect(draining.unsafePoll()).toBe(null)
      yield* go
      yield* Fiber.join(draining)
      expect(states(store)).toEqual({ a: "succeeded", b: "succeeded" })
    })
  )

  it.scoped("puts each attempt into a span, which fails as the attempt does", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordingTracer()
      const store = makeStore([pending("a"), pending("b", { attempts: 2 })])
      store.work = ({ id }) => (id === "b" ? Effect.fail(failing) : Effect.void)
      yield* Effect.withTracer(started(store), tracer)
      expect(spans()).toMatchObject([
        { name: "job index_doc", attributes: { "julep.job_id": "a", "julep.job_attempt": 1 }, failure: undefined },
        {
          name: "job index_doc",
          attributes: { "julep.job_id": "b", "julep.job_attempt": 3 },
          failure: expect.stringContaining("the disk is full")
        }
      ])
    })
  )

  it.scoped("counts attempts by outcome, and measures how long a job waits for its first one", () =>
    Effect.gen(function* () {
      const before = yield* measured
      yield* TestClock.adjust("5 seconds")
      const store = makeStore([pending("a", { created_at: 1000 }), pending("b", { created_at: 4000 })])
      store.work = ({ attempts, id }) => (id === "b" && attempts < 3 ? Effect.fail(failing) : Effect.void)
      yield* started(store)
      yield* TestClock.adjust("1 minute")
      const after = yield* measured
      expect(after.succeeded - before.succeeded).toBe(2)
      expect(after.retrying - before.retrying).toBe(2)
      expect(after.waits - before.waits).toBe(2)
      expect(after.waited - before.waited).toBe(5000)
    })
  )
})

/** The metrics of `index_doc` in the registry of this process, which every test adds to. */
const measured = Effect.map(Metric.snapshot, (pairs) => {
  const found = { succeeded: 0, retrying: 0, waits: 0, waited: 0 }
  for (const { metricKey, metricState } of pairs) {
    const tags = new Map(metricKey.tags.map(({ key, value }) => [key, value]))
    if (tags.get("job") !== "index_doc") continue
    const outcome = tags.get("outcome")
    if (metricKey.name === "julep_job_attempts" && MetricState.isCounterState(metricState)) {
      if (outcome === "succeeded" || outcome === "retrying") found[outcome] = Number(metricState.count)
    }
    if (metricKey.name === "julep_job_lag_ms" && MetricState.isHistogramState(metricState)) {
      found.waits = metricState.count
      found.waited = metricState.sum
    }
  }
  return found
})
