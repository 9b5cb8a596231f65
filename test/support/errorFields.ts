/** The fields of an error as a plain object, with its tag and its message and without fields that are undefined. */
export const errorFields = (error: {
  readonly _tag: string
  readonly message: string
}): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries({ ...error, _tag: error._tag, message: error.message }).filter(([, value]) => value !== undefined)
  )
