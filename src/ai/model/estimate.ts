/** The tokens of a request and of its reply, where the provider does not report them. */
import type { ModelRequest } from "../../layers/EnginePorts.js"
import { estimateTokens } from "../../layers/estimateTokens.js"
import type { Estimate } from "./ReplyAccumulator.js"

/** The estimate for a request. */
export const estimateOf = ({ messages, tools }: ModelRequest): Estimate => ({
  prompt: () => estimateTokens(JSON.stringify([messages, tools])),
  completion: estimateTokens
})
