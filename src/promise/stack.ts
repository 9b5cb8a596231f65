/** Where the stack of an error points. */

/** Where a method was called. */
export interface Site {
  stack?: string
}

/** The frames above a function that is running. Engines without `captureStackTrace` keep the stacks they have. */
export const siteAbove = (called: (...args: never) => unknown): Site => {
  const site: Site = {}
  Error.captureStackTrace?.(site, called)
  return site
}

/** Points an error that was made deep inside to the place that asked for it. */
export const pointTo = (error: unknown, site: Site): void => {
  if (!(error instanceof Error) || site.stack === undefined) return
  error.stack = `${error.name}: ${error.message}${site.stack.slice(site.stack.indexOf("\n    at "))}`
}
