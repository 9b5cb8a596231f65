/** What `#embedded` of the package's imports map is in a browser: no engine, and the reason why. */

/** There is no engine here. It imports nothing, so that bundlers load nothing late for its sake. */
const none = (): never => {
  throw new Error(
    "its rows are kept by a native database, which a browser does not have. Run it on a server and use new Client({ apiKey, baseUrl }) here."
  )
}

export { none as layer, none as reindex }
