/** The options of one call, re-exported from `transport` for rooms that import only `services`. */
import * as RetryPolicy from "../transport/RetryPolicy.js"

export {
  CurrentRequestOptions,
  type RequestOptions,
  type ResponseInfo,
  ResponseListener,
  type TimeoutOption
} from "../transport/RequestOptions.js"
// The Babel preset of React Native does not read `export * as`.
export { RetryPolicy }
