/** A web stream that reads nothing ahead. It ends with `undefined`. */
export const webStream = <A>(next: () => Promise<A | undefined>, end: () => Promise<void>): ReadableStream<A> =>
  new ReadableStream<A>(
    {
      pull: async (controller) => {
        const value = await next()
        if (value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel: end
    },
    { highWaterMark: 0 }
  )
