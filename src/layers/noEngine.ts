/** Why there is no engine in a browser, a worker, an edge function or React Native, and what to do. */
export const NO_ENGINE =
  "it stores its rows in a file through native code, which this runtime does not have. " +
  "Run the engine on a server, and connect to it from here with an API key and a base URL."
