/** Points the stacks of errors to the code that called the client. */

/** The place where a method was called. */
export interface CallSite {
  /** The captured stack; absent in engines without `captureStackTrace`. */
  stack?: string
}

/** Captures the call site of a running function. */
export const callSiteAbove = (called: (...args: never) => unknown): CallSite => {
  const callSite: CallSite = {}
  Error.captureStackTrace?.(callSite, called)
  return callSite
}

/** Replaces the stack of an error that was made deep inside by its call site. */
export const pointTo = (error: unknown, callSite: CallSite): void => {
  if (!(error instanceof Error) || callSite.stack === undefined) return
  error.stack = `${error.name}: ${error.message}${callSite.stack.slice(callSite.stack.indexOf("\n    at "))}`
}
