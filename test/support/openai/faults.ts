/** The errors of the fake endpoint, in OpenAI's form: by what is wrong with a request, and by the name of a model. */

/** An error response. */
export interface Fault {
  readonly status: number
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
  }
  readonly headers?: Readonly<Record<string, string>>
}

/** A 400 over one member of a request. */
export const invalid = (message: string, param: string | null = null, code: string | null = null): Fault => ({
  status: 400,
  error: { message, type: "invalid_request_error", param, code }
})

export const notJson = invalid("We could not parse the JSON body of your request.")

const fault = (
  status: number,
  type: string,
  message: string,
  code: string | null = null,
  headers: Readonly<Record<string, string>> = {}
): Fault => ({ status, error: { message, type, param: null, code }, headers })

export const wrongKey = fault(401, "invalid_request_error", "Incorrect API key provided.", "invalid_api_key")

export const wrongUrl = (method: string, path: string): Fault =>
  fault(404, "invalid_request_error", `Invalid URL (${method} ${path})`)

export const unknownModel = (model: string): Fault => ({
  status: 404,
  error: {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: "invalid_request_error",
    param: null,
    code: "model_not_found"
  }
})

/** The pause that a rate limit asks for, in seconds; no timer of the engine or of a client has this length by itself. */
export const PAUSE = 37

const limited = fault(
  429,
  "requests",
  "Rate limit reached for requests. Please try again later.",
  "rate_limit_exceeded",
  { "retry-after": String(PAUSE), "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "0" }
)

const down = fault(503, "server_error", "The engine is currently overloaded.", null, { "retry-after": String(PAUSE) })

/** The errors of models that always fail. */
const byModel: Readonly<Record<string, Fault>> = {
  "fault-context": invalid(
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "messages",
    "context_length_exceeded"
  ),
  "fault-400": invalid("Invalid value: 'purple'.", "reasoning_effort", "invalid_value"),
  "fault-401": wrongKey,
  "fault-403": fault(403, "invalid_request_error", "Your country is not supported.", "unsupported_country"),
  "fault-404": unknownModel("fault-404"),
  "fault-409": fault(409, "conflict_error", "The request conflicts with another one.", "conflict"),
  "fault-422": fault(422, "invalid_request_error", "The image cannot be processed.", "invalid_image"),
  "fault-429": limited,
  "fault-quota": fault(
    429,
    "insufficient_quota",
    "You exceeded your current quota, please check your plan and billing details.",
    "insufficient_quota"
  ),
  "fault-500": fault(500, "server_error", "The server had an error while processing your request."),
  "fault-503": down
}

/** The error of a model that always fails. */
export const faultOfModel = (model: string): Fault | undefined =>
  Object.hasOwn(byModel, model) ? byModel[model] : undefined

/** The names of the models that always fail. */
export const failing: ReadonlyArray<string> = Object.keys(byModel)

/** One model for each kind of error, where all of them would say no more. */
export const failingInKind: ReadonlyArray<string> = ["fault-context", "fault-404", "fault-429", "fault-503"]

/** The error of the first request to a model that answers the second. */
export const firstFault = (model: string): Fault | undefined =>
  model === "flaky-429" ? limited : model === "flaky-503" ? down : undefined
