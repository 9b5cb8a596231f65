/** The format of an export: lines of JSON, first a header, then a row a line, last the number of rows. */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { decoder, is } from "../../../schema/Compiled.js"
import { BadRequest } from "../../../schema/Errors.js"
import { isUuid, JsonObject } from "../../../schema/Field.js"
import { issuesOf, issuesText } from "../../../schema/Issue.js"
import { Content } from "../../../schema/Message.js"
import type { ArchivedKind, ArchivedRows } from "../../ports/Storage.js"
import { LAST_DATE } from "../../text/Periods.js"

/** The version of the format. A later one may have members and kinds that this release does not know. */
export const VERSION = 1

export const FORMAT = "effect-julep"

/** Every kind of row, each after those that it refers to. */
export const kinds = [
  "agent",
  "user",
  "tool",
  "doc",
  "session",
  "entry",
  "memory"
] as const satisfies ReadonlyArray<ArchivedKind>

/** What an export has of a row. Of a session it leaves out what each store makes for itself. */
export type Exported = {
  readonly [Kind in ArchivedKind]: Kind extends "session"
    ? Omit<ArchivedRows["session"], "nonce" | "history_epoch">
    : ArchivedRows[Kind]
}

/** How many rows of each kind. */
export type Counts = { readonly [Kind in ArchivedKind]?: number }

/** A row of an export. */
export type RowLine = {
  readonly [Kind in ArchivedKind]: { readonly kind: Kind; readonly developer_id: string; readonly row: Exported[Kind] }
}[ArchivedKind]

export type Line =
  | { readonly kind: "header"; readonly format: typeof FORMAT; readonly version: number }
  | RowLine
  | { readonly kind: "end"; readonly counts: Counts }

const Id = Schema.String.pipe(Schema.filter((text) => isUuid(text) || "Expected a UUID in lower case"))
const Time = Schema.Int.pipe(Schema.between(-LAST_DATE, LAST_DATE)).annotations({
  message: () => "Expected milliseconds since 1970, at most those of the year 275760"
})
const Texts = Schema.Array(Schema.String)
const isContent = is(Content)

/** The content of a message as it is stored: no member of it is dropped. */
const StoredContent = Schema.declare((value: unknown): value is typeof Content.Type => isContent(value), {
  message: () => ({ message: "Expected the content of a message", override: true })
})

const changed = { created_at: Time, updated_at: Time }

/** The rows of each kind. */
const rowSchemas = {
  agent: Schema.Struct({
    id: Id,
    key: Schema.NullOr(Schema.String),
    name: Schema.String,
    about: Schema.String,
    instructions: Texts,
    model: Schema.NullOr(Schema.String),
    default_settings: JsonObject,
    metadata: JsonObject,
    ...changed
  }),
  user: Schema.Struct({ id: Id, name: Schema.String, about: Schema.String, metadata: JsonObject, ...changed }),
  tool: Schema.Struct({
    id: Id,
    agent_id: Id,
    type: Schema.String,
    name: Schema.String,
    description: Schema.NullOr(Schema.String),
    parameters: JsonObject,
    strict: Schema.NullOr(Schema.Boolean),
    ensured: Schema.Boolean,
    ...changed
  }),
  doc: Schema.Struct({
    id: Id,
    owner: Schema.Struct({ kind: Schema.Literal("agent", "user"), id: Id }),
    key: Schema.NullOr(Schema.String),
    title: Schema.String,
    content: Schema.Union(Schema.String, Texts),
    metadata: JsonObject,
    created_at: Time
  }),
  session: Schema.Struct({
    id: Id,
    agent_id: Id,
    user_id: Schema.NullOr(Id),
    situation: Schema.String,
    summary: Schema.NullOr(Schema.String),
    summarized_through: Schema.NullOr(Id),
    render_templates: Schema.Boolean,
    metadata: JsonObject,
    ...changed
  }),
  entry: Schema.Struct({
    id: Id,
    role: Schema.String,
    name: Schema.NullOr(Schema.String),
    content: StoredContent,
    tool_call_id: Schema.NullOr(Schema.String),
    aborted: Schema.Boolean,
    extra: Schema.NullOr(
      Schema.Struct({
        source: Schema.String,
        message: Schema.optionalWith(JsonObject, { exact: true }),
        call: Schema.optionalWith(JsonObject, { exact: true })
      })
    ),
    from_model: Schema.Boolean,
    refused: Schema.Boolean,
    suspended: Schema.Boolean,
    created_at: Time,
    session_id: Id,
    shared: Schema.Boolean,
    forgotten: Schema.Boolean
  }),
  memory: Schema.Struct({
    id: Id,
    agent_id: Id,
    user_id: Schema.NullOr(Id),
    content: Schema.String,
    entities: Schema.Array(JsonObject),
    sentiment: Schema.Number,
    timestamp: Time,
    // Exports of before it have none.
    ends_at: Schema.optionalWith(Schema.NullOr(Time), { default: () => null, exact: true }),
    last_accessed_at: Schema.NullOr(Time),
    created_at: Time,
    source_message_ids: Texts
  })
} satisfies { readonly [Kind in ArchivedKind]: Schema.Schema<Exported[Kind], never> | Schema.Schema.Any }

const Count = Schema.NonNegativeInt

const lineSchemas = {
  header: Schema.Struct({
    kind: Schema.Literal("header"),
    format: Schema.Literal(FORMAT),
    version: Schema.Int
  }),
  end: Schema.Struct({
    kind: Schema.Literal("end"),
    counts: Schema.Record({ key: Schema.String, value: Count })
  })
}

const rowLine = <Kind extends ArchivedKind>(kind: Kind) => {
  const { [kind]: row } = rowSchemas
  return Schema.Struct({ kind: Schema.Literal(kind), developer_id: Id, row })
}

/** Compiled for the first line of its kind. */
const decoders = new Map<string, (value: unknown) => Either.Either<Line, { readonly message: string }>>()

const isKind = (kind: unknown): kind is ArchivedKind => kinds.some((known) => known === kind)

const decoderOf = (kind: ArchivedKind | "header" | "end") => {
  const known = decoders.get(kind)
  if (known !== undefined) return known
  // Each schema is that of the lines of its kind, which the compiler does not follow through the choice.
  const schema = (kind === "header" || kind === "end" ? lineSchemas[kind] : rowLine(kind)) as Schema.Schema<Line>
  const decode = decoder(schema)
  const made = (value: unknown) => Either.mapLeft(decode(value), (error) => ({ message: issuesText(issuesOf(error)) }))
  decoders.set(kind, made)
  return made
}

const fault = (number: number, problem: string) =>
  new BadRequest({
    message: `Line ${number} cannot be imported: ${problem} The lines before it may already be imported. It is safe to import the file again.`,
    code: "INVALID_LINE",
    status: 400
  })

/** What an export has of a row. */
export const exportedOf = <Kind extends ArchivedKind>(kind: Kind, row: ArchivedRows[Kind]): RowLine["row"] => {
  // A row of this kind: the compiler does not follow the type parameter.
  if (kind !== "session") return row as Exclude<ArchivedRows[Kind], ArchivedRows["session"]>
  const { history_epoch: _epoch, nonce: _nonce, ...session } = row as ArchivedRows["session"]
  return session
}

/** The error of a line whose bytes are not UTF-8. */
export const notUtf8 = (number: number): BadRequest => fault(number, "it is not UTF-8.")

/** The error of a line that is longer than lines may be. */
export const tooLong = (number: number, limit: number): BadRequest => fault(number, `it has more than ${limit} bytes.`)

/** Reads a line. Its number, from 1, is for the error. */
export const parseLine = (text: string, number: number): Either.Either<Line, BadRequest> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return Either.left(fault(number, "it is not JSON."))
  }
  const kind: unknown = Object(value).kind
  if (kind !== "header" && kind !== "end" && !isKind(kind)) {
    return Either.left(fault(number, `its kind must be header, ${kinds.join(", ")} or end.`))
  }
  const line = Either.mapLeft(decoderOf(kind)(value), ({ message }) => fault(number, `${message}.`))
  return Either.flatMap(line, (read) =>
    read.kind === "header" && read.version > VERSION
      ? Either.left(
          fault(
            number,
            `a newer release wrote it, in version ${read.version} of the format; this one reads ${VERSION}.`
          )
        )
      : Either.right(read)
  )
}

/** A line as it is written. */
export const writeLine = (line: Line): string => `${JSON.stringify(line)}\n`
