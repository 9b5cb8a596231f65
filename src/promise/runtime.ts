/** Runs the effects of this entry. The log goes to stderr, because stdout belongs to the program. */
import * as Cause from "effect/Cause"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import * as Runtime from "effect/Runtime"

const loggers = FiberRefs.getOrDefault(Runtime.defaultRuntime.fiberRefs, FiberRef.currentLoggers).pipe(
  HashSet.remove(Logger.defaultLogger),
  HashSet.add(Logger.withConsoleError(Logger.logfmtLogger))
)

const runtime = Runtime.setFiberRef(Runtime.defaultRuntime, FiberRef.currentLoggers, loggers)

/** What a promise rejects with: the error itself, not the proxy that Effect makes of an error that passes a span. */
export const reasonOf = (cause: Cause.Cause<unknown>): unknown => Cause.originalError(Cause.squash(cause))

export const runFork = Runtime.runFork(runtime)
export const runPromise = Runtime.runPromise(runtime)
export const runPromiseExit = Runtime.runPromiseExit(runtime)
