/** What an error tells, as a plain object: its members, its tag and its message. */
export const told = (error: { readonly _tag: string; readonly message: string }): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...error, _tag: error._tag, message: error.message }).filter(([, value]) => value !== undefined)
  )
