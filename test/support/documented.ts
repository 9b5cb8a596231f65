/** Holds what an app answers against the OpenAPI document: the statuses, the bodies and the events of every response. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { openApi } from "../../src/engine/http/openapi/Document.js"
import { isObject, type Json } from "../../src/engine/http/openapi/jsonSchema.js"
import { looseness } from "./looseness.js"

/** The document with every object closed, so that a member that it does not name is a fault. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed)
  if (!isObject(value)) return value
  const inner = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, closed(member)]))
  const isOpen = value["type"] === "object" && isObject(value["properties"]) && !("additionalProperties" in value)
  return isOpen ? { ...inner, additionalProperties: false } : inner
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false })
ajv.addFormat("uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
ajv.addSchema(closed(openApi) as object, "openapi")

const escaped = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1")

const validatorAt = (...keys: ReadonlyArray<string>) =>
  ajv.getSchema(`openapi#/${keys.map((key) => encodeURIComponent(escaped(key))).join("/")}`)

const templates = Object.keys(Object(openApi["paths"])).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`)
}))

/** The operation of a request, or `undefined` for an address that the document does not have. */
const operationOf = (method: string, url: string) => {
  const address = url.replace(/[?#].*/, "").replace(/^\/api(?=\/)/, "")
  const operationAt = (path: string): unknown => Object(Object(openApi["paths"])[path])[method.toLowerCase()]
  // The address of a search looks like that of a doc.
  const template = templates.find(({ path, pattern }) => pattern.test(address) && operationAt(path) !== undefined)?.path
  const operation = template === undefined ? undefined : operationAt(template)
  return template === undefined || !isObject(operation)
    ? undefined
    : {
        id: String(operation["operationId"]),
        isRelayed: template.startsWith("/v1/"),
        keys: ["paths", template, method.toLowerCase(), "responses"],
        schemaOf: (status: number, type: string): Json =>
          Object(Object(Object(operation["responses"])[status]).content)[type]?.schema ?? {}
      }
}

/** The data of the events that are complete in a text. */
const eventsOf = (text: string): ReadonlyArray<string> =>
  text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((event) => (event.startsWith("data: ") ? [event.slice("data: ".length)] : []))

/** Checks apps, and remembers what they answered. */
export const checker = () => {
  const { unused, walk } = looseness()
  const faults: Array<string> = []
  const seen = new Set<string>()

  const check = (method: string, url: string, status: number, type: string, bodies: ReadonlyArray<unknown>) => {
    const operation = operationOf(method, url)
    if (operation === undefined) return
    const answer = `${operation.id} ${status} ${type}`
    seen.add(answer)
    const validatorOf = (response: string) => validatorAt(...operation.keys, response, "content", type, "schema")
    const validate = validatorOf(String(status)) ?? validatorOf("default")
    if (validate === undefined) {
      faults.push(`${answer} is not in the document`)
      return
    }
    for (const body of bodies) {
      // What `/v1` passes on has members of its endpoints.
      if (!operation.isRelayed && status < 300) walk(operation.schemaOf(status, type), body, operation.id)
      // The last event of a stream that failed is an error with its status.
      const isFailure = type === "text/event-stream" && isObject(body) && "error" in body
      if (isFailure || validate(body)) continue
      const reasons = validate.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`)
      faults.push(`${answer}: ${reasons?.join("; ")}: ${JSON.stringify(body).slice(0, 500)}`)
    }
  }

  const checkResponse = (
    { method, url }: HttpServerRequest.HttpServerRequest,
    response: HttpServerResponse.HttpServerResponse
  ) => {
    const { body, status } = response
    if (body._tag === "Uint8Array") {
      check(method, url, status, body.contentType, [JSON.parse(new TextDecoder().decode(body.body))])
      return response
    }
    if (body._tag !== "Stream") return response
    const decoder = new TextDecoder()
    let text = ""
    const bytes = Stream.map(body.stream, (piece) => {
      text += decoder.decode(piece, { stream: true })
      return piece
    })
    const checked = Effect.sync(() => {
      const events = eventsOf(text).filter((data) => data !== "[DONE]")
      check(
        method,
        url,
        status,
        body.contentType,
        events.map((data): unknown => JSON.parse(data))
      )
    })
    return HttpServerResponse.stream(Stream.ensuring(bytes, checked), {
      status,
      headers: response.headers,
      contentType: body.contentType
    })
  }

  /** The app, each response checked. */
  const app = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.map(app, (response) => checkResponse(request, response))
    )

  return { app, check, faults, seen, unused }
}
