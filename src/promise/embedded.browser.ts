/** The target of `#embedded` in the package's imports map for browsers: no engine, and the reason. */

/** Throws, because there is no engine in a browser. It imports nothing, so that bundles stay small. */
const none = (): never => {
  throw new Error(
    "it stores its rows in a native database, which browsers lack. Run the engine on a server, and use new Client({ apiKey, baseUrl }) here."
  )
}

export { none as backup, none as layer, none as reindex }
