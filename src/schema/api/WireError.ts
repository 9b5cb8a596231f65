import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Schema from "effect/Schema"
import { ErrorBody, toBody } from "../ErrorBody.js"
import {
  type AnswerDetails,
  type AnswerError,
  BadRequest,
  Conflict,
  NotFound,
  RateLimited,
  ServerError,
  Unauthorized,
  UnprocessableRequest
} from "../Errors.js"

// `instanceOf` rather than `typeSchema`, which would build every schema of the class at load.
const onWire = <A extends AnswerError, Args extends [details: never]>(
  error: new (...args: Args) => A,
  status: number,
  make: (details: AnswerDetails) => A
) =>
  Schema.transform(ErrorBody, Schema.instanceOf(error), {
    strict: true,
    decode: (body) => make({ ...body.error, status }),
    encode: (failure) => toBody(failure)
  }).annotations({
    ...HttpApiSchema.annotations({ status }),
    identifier: "ErrorBody"
  })

/** The errors of the contract: typed in memory, the API's body on the wire. */
export const WireError = Schema.Union(
  onWire(BadRequest, 400, (details) => new BadRequest(details)),
  onWire(Unauthorized, 403, (details) => new Unauthorized(details)),
  onWire(NotFound, 404, (details) => new NotFound(details)),
  onWire(Conflict, 409, (details) => new Conflict(details)),
  onWire(
    UnprocessableRequest,
    422,
    (details) => new UnprocessableRequest({ ...details, issues: details.issues ?? [] })
  ),
  onWire(RateLimited, 429, (details) => new RateLimited(details)),
  onWire(ServerError, 500, (details) => new ServerError(details))
)
