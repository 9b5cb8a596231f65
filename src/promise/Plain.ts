import type * as Brand from "effect/Brand"

/** A type of this package with plain strings for its ids, however deep they are. */
export type Plain<T> = T extends { readonly [Brand.BrandTypeId]: unknown }
  ? string
  : T extends Date
    ? T
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T

const lower = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value)

/**
 * An id as the managers take it. They check it against its schema before anything is sent; all that is done here is what
 * the branded ids do when they are made: a UUID is lower case.
 */
export const id = <Id extends string>(text: string): Id => lower(text) as Id

/** An input whose members named `..._id` are ids. Its brands are types alone, and the managers check what it holds. */
export const withIds = <Input extends object>(input: NoInfer<Plain<Input>>): Input =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, name.endsWith("_id") ? lower(value) : value])
  ) as Input

/** An input whose ids are somewhere inside. */
export const branded = <Input extends object>(input: NoInfer<Plain<Input>>): Input => input as Input
