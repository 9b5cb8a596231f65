/**
 * The contract as the platform's `HttpApi`, of which the OpenAPI document is made. Its modules bring a router and a parser
 * of forms, so the client and the handlers of the engine read the operations themselves.
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { type AnyOperation, type Group, type Operation, schemaOf } from "./Operation.js"

type Endpoint<Name extends string, One> =
  One extends Operation<infer Method, infer Path, infer UrlParams, infer Payload, infer Success>
    ? HttpApiEndpoint.HttpApiEndpoint<Name, Method, Path, UrlParams, Payload, never, Success>
    : never

type Endpoints<Operations> = {
  [Name in keyof Operations & string]: Endpoint<Name, Operations[Name]>
}[keyof Operations & string]

/** `addSuccess` with a status loses the identifier of the schema, which is its name in the document. */
const withStatus = (schema: Schema.Schema<unknown>, status: number) =>
  schema.annotations({
    ...HttpApiSchema.annotations({ status }),
    ...Option.match(AST.getIdentifierAnnotation(schema.ast), {
      onNone: () => ({}),
      onSome: (identifier) => ({ identifier })
    })
  })

const endpointOf = (name: string, { method, path, ...parts }: AnyOperation) => {
  // Of any schemas: `Endpoint` above has their types.
  const blank: unknown = HttpApiEndpoint.make(method)(name, path)
  let endpoint = blank as HttpApiEndpoint.HttpApiEndpoint.AnyWithProps
  const { pathParams, payload, status, success, urlParams } = parts
  if (pathParams !== undefined) endpoint = endpoint.setPath(schemaOf(pathParams))
  if (urlParams !== undefined) endpoint = endpoint.setUrlParams(schemaOf(urlParams))
  if (payload !== undefined) endpoint = endpoint.setPayload(schemaOf(payload))
  endpoint = endpoint.addSuccess(status === 200 ? schemaOf(success) : withStatus(schemaOf(success), status))
  return method === "DELETE" ? endpoint.addSuccess(HttpApiSchema.NoContent) : endpoint
}

/** A group of the contract as a group of an `HttpApi`. */
export const httpApiGroup = <Id extends string, Operations extends Readonly<Record<string, AnyOperation>>>({
  identifier,
  operations
}: Group<Id, Operations>): HttpApiGroup.HttpApiGroup<Id, Endpoints<Operations>, never> =>
  Object.entries(operations).reduce<HttpApiGroup.HttpApiGroup<Id, Endpoints<Operations>, never>>(
    // The endpoints have the names and the types of their operations.
    (made, [name, operation]) => made.add(endpointOf(name, operation) as unknown as Endpoints<Operations>),
    HttpApiGroup.make(identifier)
  )
