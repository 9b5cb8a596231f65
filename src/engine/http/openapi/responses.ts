/** The responses of an operation: those that the engine sends, and no others. */
import { describedResponse } from "./descriptions.js"
import { isObject, type Json, ref } from "./jsonSchema.js"
import type { Documented } from "./operations.js"

const descriptions = {
  "400": "The request cannot be carried out, or the model refuses it",
  "403": "The key is missing or wrong",
  "404": "There is no such resource",
  "409": "The idempotency key was used for another request, or a tool call is claimed, answered or not in the history",
  "413": "The body is too large",
  "422": "A parameter or the body does not fit its schema; `issues` name each fault",
  "429": "The model's endpoint limits the request rate",
  "500": "The engine failed",
  "502": "The model behind the engine failed",
  "503": "The server is closing, its database is not available, or too many chats wait in this session"
}

type ErrorStatus = keyof typeof descriptions

const parameters = ({ parameters }: Json): ReadonlyArray<Json> =>
  Array.isArray(parameters) ? parameters.filter(isObject) : []

/** The statuses of the errors that an operation may answer with. */
const statusesOf = (
  operation: Json,
  { callsModel, filters, refersTo, takesUnknown }: Partial<Documented>
): ReadonlyArray<ErrorStatus> => {
  const hasBody = operation["requestBody"] !== undefined
  const isOfResource = takesUnknown !== true && parameters(operation).some(({ in: place }) => place === "path")
  const takesFilter = filters || parameters(operation).some(({ name }) => name === "metadata_filter")
  return [
    ...(takesFilter || callsModel ? (["400"] as const) : []),
    "403",
    ...(isOfResource || refersTo !== undefined || callsModel ? (["404"] as const) : []),
    ...(hasBody ? (["409", "413"] as const) : []),
    "422",
    ...(callsModel ? (["429"] as const) : []),
    "500",
    ...(callsModel ? (["502"] as const) : []),
    "503"
  ]
}

const errorOf = (description: string, body: string): Json => ({
  description,
  content: { "application/json": { schema: ref(body) } }
})

/** The errors of an operation. Those of an endpoint have any status. */
const errorsOf = (operation: Json, documented: Partial<Documented>): Json => {
  const body = documented.relays ? "OpenAiErrorBody" : "ErrorBody"
  const known = statusesOf(operation, documented).map(
    (status) => [status, errorOf(descriptions[status], body)] as const
  )
  return {
    ...Object.fromEntries(known),
    ...(documented.relays ? { default: errorOf("Any other failure of the endpoint, as it came", body) } : {})
  }
}

/** Events beside the JSON of a response. */
const withEvents = (response: Json, events: string): Json => ({
  ...response,
  content: {
    ...(isObject(response["content"]) ? response["content"] : {}),
    "text/event-stream": { schema: ref(events) }
  }
})

/** The engine answers a delete with the receipt; that clients take 204 too is not a matter of the document. */
const successesOf = ({ responses }: Json, events: string | undefined) =>
  Object.entries(isObject(responses) ? responses : {}).flatMap(([status, response]) => {
    if (!/^2/.test(status) || status === "204" || !isObject(response)) return []
    const described = describedResponse(response)
    return [[status, events === undefined ? described : withEvents(described, events)] as const]
  })

/** The responses of an operation by status. */
export const responsesOf = (operation: Json, documented: Partial<Documented>): Json => ({
  ...Object.fromEntries(successesOf(operation, documented.events)),
  ...errorsOf(operation, documented)
})
