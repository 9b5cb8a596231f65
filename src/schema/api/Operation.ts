/**
 * The contract as data: the operations of the API with their schemas. The client and the engine read it as it is.
 * `platform.ts` makes the platform's `HttpApi` of it, whose modules bring a router and a parser of forms.
 */
import type * as HttpMethod from "@effect/platform/HttpMethod"
import type * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

/** A schema that needs no service, by the types of its values: in memory, and on the wire. */
export interface SchemaOf<out A, out I = unknown> {
  readonly Type: A
  readonly Encoded: I
  readonly Context: never
  readonly ast: AST.AST
}

/** The schema itself: every `SchemaOf` is one. */
export const schemaOf = <A, I>(schema: SchemaOf<A, I>): Schema.Schema<A, I> => schema as Schema.Schema<A, I>

/** The values of a path or of a query, on the wire. */
export type Texts = Readonly<Record<string, string | undefined>>

interface Parts<out Path, out UrlParams, out Payload, out Success> {
  readonly pathParams?: SchemaOf<Path, Texts>
  readonly urlParams?: SchemaOf<UrlParams, Texts>
  readonly payload?: SchemaOf<Payload>
  readonly success: SchemaOf<Success>
  /** The status of a success. */
  readonly status?: number
}

/** One operation. A part of its request that it does not have is of the type `never`. */
export interface Operation<out Method extends HttpMethod.HttpMethod, out Path, out UrlParams, out Payload, out Success>
  extends Parts<Path, UrlParams, Payload, Success> {
  readonly method: Method
  /** Its path, with the names of its parameters: `/agents/:agent_id`. */
  readonly path: `/${string}`
  readonly status: number
}

export type AnyOperation = Operation<HttpMethod.HttpMethod, unknown, unknown, unknown, unknown>

/** The operations on one resource, by their names. */
export interface Group<out Id extends string, out Operations> {
  readonly identifier: Id
  readonly operations: Operations
}

type Part<Name extends string, A> = [A] extends [never] ? unknown : { readonly [Key in Name]: A }

/** The decoded parts of a request. */
export type Request<One> =
  One extends Operation<infer _Method, infer Path, infer UrlParams, infer Payload, infer _Success>
    ? Part<"path", Path> & Part<"urlParams", UrlParams> & Part<"payload", Payload>
    : never

/** What an operation answers. */
export type Success<One> =
  One extends Operation<infer _Method, infer _Path, infer _UrlParams, infer _Payload, infer A> ? A : never

const withBody =
  <Method extends HttpMethod.HttpMethod>(method: Method) =>
  <Success, Path = never, UrlParams = never, Payload = never>(
    path: `/${string}`,
    parts: Parts<Path, UrlParams, Payload, Success>
  ): Operation<Method, Path, UrlParams, Payload, Success> => ({ status: 200, ...parts, method, path })

export const get = <Success, Path = never, UrlParams = never>(
  path: `/${string}`,
  parts: Parts<Path, UrlParams, never, Success>
): Operation<"GET", Path, UrlParams, never, Success> => ({ status: 200, ...parts, method: "GET", path })

export const post = withBody("POST")
export const put = withBody("PUT")
export const patch = withBody("PATCH")

/** A delete. Its answer may also be empty. */
export const del = <Success, Path = never>(
  path: `/${string}`,
  parts: Parts<Path, never, never, Success>
): Operation<"DELETE", Path, never, never, Success | typeof Schema.Void.Type> => ({
  status: 202,
  ...parts,
  method: "DELETE",
  path
})

/** A group. A constraint on its operations would be inferred as the types of the parts that they do not have. */
export const group = <const Id extends string, Operations>(
  identifier: Id,
  operations: Operations
): Group<Id, Operations> => ({ identifier, operations })
