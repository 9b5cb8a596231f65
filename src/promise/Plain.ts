import type * as Brand from "effect/Brand"

/** A type of this package with plain strings for branded ids, at any depth. */
export type Plain<T> = T extends { readonly [Brand.BrandTypeId]: unknown }
  ? string
  : T extends Date | string
    ? T
    : T extends object
      ? // `object` itself, a JSON value of any interface, has no members to go through.
        keyof T extends never
        ? T
        : { [Key in keyof T]: Plain<T[Key]> }
      : T

const lower = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value)

/**
 * An id for the managers, in lower case like every branded id. The managers check it against its schema before anything is
 * sent.
 */
export const id = <Id extends string>(text: string): Id => lower(text) as Id

/** An input whose members named `..._id` are ids. Brands exist only as types, and the managers check the values. */
export const withIds = <Input extends object>(input: NoInfer<Plain<Input>>): Input =>
  Object.fromEntries(
    Object.entries(input).map(([name, value]) => [name, name.endsWith("_id") ? lower(value) : value])
  ) as Input

/** An input with ids inside its members, or a text. */
export const branded = <Input extends object | string>(input: NoInfer<Plain<Input>>): Input => input as Input
