/** The options of one call, re-exported from `transport` for rooms that import only `services`. */
export {
  CurrentRequestOptions,
  type RequestOptions,
  type ResponseInfo,
  ResponseListener,
  type TimeoutOption
} from "../transport/RequestOptions.js"
export * as RetryPolicy from "../transport/RetryPolicy.js"
