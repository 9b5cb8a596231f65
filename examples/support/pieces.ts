/** Reads a streamed answer in a page, without a package: the routes of the examples send server-sent events. */

/** The pieces of text of a response, as they arrive. Throws if the server answers with an error, at once or midway. */
export const pieces = async function* (response: Response): AsyncGenerator<string> {
  if (!response.ok || response.body === null) throw new Error(`The server answered ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (let rest = "", part = await reader.read(); !part.done; part = await reader.read()) {
      const events = `${rest}${part.value}`.split("\n\n")
      rest = events.pop() ?? ""
      for (const event of events) {
        // Comments keep the connection open, and [DONE] is the end.
        if (!event.startsWith("data: ") || event === "data: [DONE]") continue
        const { error, response } = JSON.parse(event.slice(6))
        if (error !== undefined) throw new Error(error.message)
        for (const { content } of response[0] ?? []) yield content ?? ""
      }
    }
  } finally {
    // A reader that leaves early stops the turn.
    await reader.cancel()
  }
}
