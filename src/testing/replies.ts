/** Replies of chats, for mocks. */
import { eventsOfReply, responseOf } from "../layers/MockedReply.js"
import type { ReplyParts } from "../layers/Scripted.js"
import type { ChatResponse, ChatStreamEvent } from "../schema/Chat.js"

/**
 * The reply to a chat, for mocks: a text, or parts as in a script. It has what the reply of an engine has, with an id of its
 * own and nothing recalled. Spread it to add members.
 *
 * @example
 * ```ts
 * import { Sessions } from "effect-julep"
 * import { reply } from "effect-julep/testing"
 * import { Effect, Layer } from "effect"
 *
 * const polite = Layer.mock(Sessions, { chat: () => Effect.succeed(reply("Hello")) })
 * const calling = reply({ calls: [{ name: "weather", arguments: { city: "Lisbon" } }] })
 * ```
 */
export const reply = (given: string | ReplyParts): ChatResponse => responseOf(given)

/**
 * The events of a streamed chat, for mocks: the text word by word, then the calls, and last the usage.
 *
 * @example
 * ```ts
 * import { Sessions } from "effect-julep"
 * import { replyEvents } from "effect-julep/testing"
 * import { Layer, Stream } from "effect"
 *
 * const polite = Layer.mock(Sessions, { chatStream: () => Stream.fromIterable(replyEvents("Good morning")) })
 * ```
 */
export const replyEvents = (given: string | ReplyParts): ReadonlyArray<ChatStreamEvent> => eventsOfReply(given)
