import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { ConcurrencyLimit } from "../engine/model/ConcurrencyLimit.js"
import type { Model } from "../engine/ports/Model.js"

/** A model that is asked by at most `limit` calls at a time. Others wait in their order; a stream is a call until it ends. */
export const limitCalls = (model: Model.Service, limit: number): Model.Service => {
  const { permit } = new ConcurrencyLimit(limit)
  const { endpoint, instructable, list, messageNames, relay } = model
  return {
    instructable,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(messageNames === undefined ? {} : { messageNames }),
    complete: (request) => Effect.scoped(Effect.zipRight(permit, model.complete(request))),
    stream: (request) => Stream.unwrapScoped(Effect.as(permit, model.stream(request))),
    list,
    ...(relay === undefined ? {} : { relay: (request) => Effect.zipRight(permit, relay(request)) })
  }
}
