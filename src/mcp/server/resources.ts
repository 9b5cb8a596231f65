/** The docs of the agent and of the user as resources of the server. */
import * as McpSchema from "@effect/ai/McpSchema"
import type { McpServer } from "@effect/ai/McpServer"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Doc } from "../../schema/Doc.js"
import { DocId } from "../../schema/Doc.js"
import type { RequestError } from "../../schema/Errors.js"
import type { Docs } from "../../services/Docs.js"
import type { Binding } from "./binding.js"
import { errorText } from "./errorText.js"

const PREFIX = "julep://docs/"

/** The address of a doc. It names no owner: the server has but two. */
export const uriOf = (id: DocId): string => `${PREFIX}${id}`

/** How many docs a page of the list has. Each comes with its content. */
const PAGE = 50

const contentOf = ({ content }: Doc): string => (typeof content === "string" ? content : content.join("\n\n"))

const toResource = (doc: Doc) =>
  new McpSchema.Resource({
    uri: uriOf(doc.id),
    name: doc.title,
    mimeType: "text/plain",
    size: new TextEncoder().encode(contentOf(doc)).length
  })

const ownersOf = ({ agent, user }: Binding): ReadonlyArray<Docs.Owner> => [
  { agent_id: agent.id },
  ...(user === undefined ? [] : [{ user_id: user.id }])
]

/** The owner of a page by its number, and where the page starts. */
const Cursor = Schema.parseJson(Schema.Struct({ owner: Schema.Literal(0, 1), offset: Schema.NonNegativeInt }))
const encodeCursor = Schema.encodeSync(Cursor)
const decodeCursor = Schema.decodeUnknown(Cursor)
const start: typeof Cursor.Type = { owner: 0, offset: 0 }

const inWords = (error: RequestError) => new McpSchema.InternalError({ message: errorText(error) })

/** A page of the docs: those of the agent, then those of the user, each the newest first. */
export const page = (
  { cursor }: { readonly cursor?: string | undefined },
  binding: Binding
): Effect.Effect<typeof McpSchema.ListResourcesResult.Type, McpSchema.InvalidParams | McpSchema.InternalError> =>
  Effect.gen(function* () {
    const owners = ownersOf(binding)
    const from = yield* cursor === undefined ? Effect.succeed(start) : decodeCursor(cursor)
    const owner = owners[from.owner]
    if (owner === undefined) return new McpSchema.ListResourcesResult({ resources: [] })
    const docs = yield* Effect.mapError(binding.julep.docs.list(owner, { limit: PAGE, offset: from.offset }), inWords)
    const next =
      docs.length === PAGE
        ? encodeCursor({ owner: from.owner, offset: from.offset + PAGE })
        : from.owner === 0 && owners.length > 1
          ? encodeCursor({ owner: 1, offset: 0 })
          : undefined
    return new McpSchema.ListResourcesResult({ resources: docs.map(toResource), nextCursor: next })
  }).pipe(
    Effect.catchTag(
      "ParseError",
      () =>
        new McpSchema.InvalidParams({
          message: "The cursor is not from this list. Send the nextCursor of a page, or none for the first page."
        })
    )
  )

const noDoc = (uri: string) => new McpSchema.InvalidParams({ message: `There is no resource ${uri}.` })

/** Adds the template of a doc by its id, which reads docs of the agent and of the user alone. */
export const addDocs = (server: Context.Tag.Service<typeof McpServer>, binding: Binding): Effect.Effect<void> =>
  server.addResourceTemplate({
    template: new McpSchema.ResourceTemplate({
      uriTemplate: `${PREFIX}{doc_id}`,
      name: "doc",
      title: "Doc",
      description: `A doc of ${binding.agent.name} by its id`,
      mimeType: "text/plain"
    }),
    routerPath: `${PREFIX.replace(":", "::")}:0`,
    completions: {},
    handle: (uri, [id]) =>
      Effect.gen(function* () {
        const doc_id = yield* Effect.mapError(Schema.decodeUnknown(DocId)(id), () => noDoc(uri))
        const doc = yield* Effect.firstSuccessOf(
          ownersOf(binding).map((owner) => binding.julep.docs.get({ ...owner, doc_id }))
        ).pipe(Effect.mapError((error) => (error._tag === "NotFound" ? noDoc(uri) : inWords(error))))
        return { contents: [{ uri, mimeType: "text/plain", text: contentOf(doc) }] }
      })
  })
