/** Writes the page to a folder: `index.html` and its assets. */
export declare const buildPlayground: (folder: string) => Promise<void>
