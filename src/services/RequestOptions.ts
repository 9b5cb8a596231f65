/** What may be said of one call, for those who see the managers but not how bytes travel. */
export {
  CurrentRequestOptions,
  type RequestOptions,
  type ResponseInfo,
  ResponseListener,
  type TimeoutOption
} from "../transport/RequestOptions.js"
export * as RetryPolicy from "../transport/RetryPolicy.js"
