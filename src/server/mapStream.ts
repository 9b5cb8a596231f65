import * as HttpBody from "@effect/platform/HttpBody"
import type { HttpServerResponse } from "@effect/platform/HttpServerResponse"
import { setBody } from "@effect/platform/HttpServerResponse"
import type * as Stream from "effect/Stream"

type Bytes = Stream.Stream<Uint8Array, unknown>

/** A response whose body, if it is streamed, passes through a function. */
export const mapStream =
  (through: (bytes: Bytes) => Bytes) =>
  (response: HttpServerResponse): HttpServerResponse => {
    const { body } = response
    if (body._tag !== "Stream") return response
    return setBody(response, HttpBody.stream(through(body.stream), body.contentType, body.contentLength))
  }
