import type * as Headers from "@effect/platform/Headers"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

const decoder = new TextDecoder()

/** A response whose whole body is in memory. */
export class BufferedResponse {
  constructor(
    readonly request: HttpClientRequest.HttpClientRequest,
    readonly status: number,
    readonly headers: Headers.Headers,
    readonly body: Uint8Array
  ) {}

  /** The body as text. */
  get bodyText(): string {
    return decoder.decode(this.body)
  }
}
