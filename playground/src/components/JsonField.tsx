/** A field whose value is a JSON object, such as metadata. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { JsonObject } from "effect-julep"
import { TextArea } from "./Field.js"

const decodeList = Schema.decodeEither(Schema.parseJson(Schema.Array(Schema.Unknown)))

/** The list of a text: an empty one for no text, undefined for what is not a JSON list. */
export const jsonListOf = (text: string): ReadonlyArray<unknown> | undefined =>
  text.trim() === "" ? [] : Either.getOrUndefined(decodeList(text))

const decode = Schema.decodeEither(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** The object of a text: an empty one for no text, undefined for what is not a JSON object. */
export const jsonOf = (text: string): JsonObject | undefined =>
  text.trim() === "" ? {} : Either.getOrUndefined(decode(text))

/** An object as a text to edit: none for an empty one. */
export const jsonText = (value: object | null | undefined): string =>
  value === null || value === undefined || Object.keys(value).length === 0 ? "" : JSON.stringify(value, null, 2)

export interface JsonFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly placeholder?: string | undefined
}

export const JsonField = ({ label, onChange, placeholder = "{ }", value }: JsonFieldProps) => {
  const isWrong = jsonOf(value) === undefined
  return (
    <TextArea
      label={label}
      value={value}
      onChange={onChange}
      rows={value === "" ? 2 : 5}
      isCode
      placeholder={placeholder}
      isWrong={isWrong}
      hint={isWrong ? "It must be a JSON object." : undefined}
    />
  )
}
