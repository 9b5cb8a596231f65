import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { identity } from "effect/Function"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { Mutex } from "../../Mutex.js"
import { quoted } from "./compiler.js"
import type { PipelinedStatement } from "./Pipeline.js"
import type { ServerConnection } from "./ServerConnection.js"
import { send } from "./statements.js"

/**
 * Calls `listener` with the payload of each notification of a channel, until the scope closes. It is called with `""` when
 * the connection is new, after a loss too: something may have been missed, so look. Never rely on notifications alone.
 */
export type Listen = (channel: string, listener: (payload: string) => void) => Effect.Effect<void, never, Scope.Scope>

/** The {@link Listen} of a client. */
export class Listener extends Context.Tag("effect-julep/storage/postgres/Listener")<Listener, Listen>() {}

/** The time before the next attempt to connect: none at first, then longer and longer, up to half a minute. */
const backOff = (failures: number): Effect.Effect<void> =>
  failures === 0
    ? Effect.void
    : Effect.flatMap(Random.nextRange(0.5, 1), (jitter) =>
        Effect.sleep(Duration.millis(Math.min(30_000, 100 * 2 ** failures) * jitter))
      )

const connected = (connect: () => Promise<ServerConnection>): Effect.Effect<ServerConnection, unknown> =>
  Effect.async((resume) => {
    let abandoned = false
    connect().then(
      (connection) => (abandoned ? connection.destroy() : resume(Effect.succeed(connection))),
      (cause) => resume(Effect.fail(cause))
    )
    return Effect.sync(() => {
      abandoned = true
    })
  })

/** Listens on one connection of its own, which is opened for the first listener and replaced when it is lost. */
export const makeListen = (connect: () => Promise<ServerConnection>): Effect.Effect<Listen, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    const channels = new Map<string, Set<(payload: string) => void>>()
    const listened = new Set<string>()
    const mutex = new Mutex()
    const attempted = Deferred.unsafeMake<void>(FiberId.none)
    let started = false
    let connection: ServerConnection | undefined

    /** Brings the server's list of channels up to date. */
    const update = Effect.suspend(() => {
      const added = [...channels.keys()].filter((channel) => !listened.has(channel))
      const removed = [...listened].filter((channel) => !channels.has(channel))
      if (connection === undefined || added.length + removed.length === 0) return Effect.void
      const commands = [
        ...added.map((channel) => `LISTEN ${quoted(channel)}`),
        ...removed.map((channel) => `UNLISTEN ${quoted(channel)}`)
      ]
      const steps = commands.map((text): PipelinedStatement => ({ text, values: [], form: "rows", once: true }))
      return send(connection, steps).pipe(
        Effect.tap(() =>
          Effect.sync(() => {
            for (const channel of added) listened.add(channel)
            for (const channel of removed) listened.delete(channel)
          })
        ),
        Effect.ignore
      )
    })
    const updated = Effect.uninterruptible(
      Effect.zipRight(mutex.acquire(identity), Effect.ensuring(update, mutex.release))
    )

    const notify = (payload: string, listeners: Iterable<(payload: string) => void> | undefined) => {
      for (const listener of listeners ?? []) listener(payload)
    }

    const use = (made: ServerConnection) =>
      Effect.suspend(() => {
        connection = made
        listened.clear()
        made.onNotification(({ channel, payload }) => notify(payload, channels.get(channel)))
        return updated
      }).pipe(
        Effect.zipRight(
          Effect.suspend(() => {
            for (const listeners of channels.values()) notify("", listeners)
            Deferred.unsafeDone(attempted, Effect.void)
            return made.lost === undefined
              ? Effect.async<void>((resume) => made.onLost(() => resume(Effect.void)))
              : Effect.void
          })
        )
      )

    const session = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(connected(connect)), (made) =>
        Effect.ensuring(
          restore(use(made)),
          Effect.sync(() => {
            connection = undefined
            made.destroy()
          })
        )
      )
    )

    const loop = (failures: number): Effect.Effect<never> =>
      backOff(failures).pipe(
        Effect.zipRight(session),
        Effect.match({ onSuccess: () => 0, onFailure: () => failures + 1 }),
        Effect.tap(() => Effect.sync(() => Deferred.unsafeDone(attempted, Effect.void))),
        Effect.flatMap(loop)
      )

    return (channel, listener) =>
      Effect.suspend(() => {
        const listeners = channels.get(channel) ?? new Set()
        channels.set(channel, listeners)
        // Each registration counts, also of one function twice.
        const own = (payload: string) => listener(payload)
        listeners.add(own)
        const remove = Effect.suspend(() => {
          listeners.delete(own)
          if (listeners.size > 0) return Effect.void
          channels.delete(channel)
          return updated
        })
        const begin = started ? Effect.void : Effect.forkIn(Effect.interruptible(loop(0)), scope)
        started = true
        return Effect.addFinalizer(() => remove).pipe(
          Effect.zipRight(begin),
          Effect.zipRight(Deferred.await(attempted)),
          Effect.zipRight(updated)
        )
      }).pipe(Effect.asVoid)
  })
